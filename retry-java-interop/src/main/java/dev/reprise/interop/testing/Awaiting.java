package dev.reprise.interop.testing;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Drives a future to its end, step by step. */
final class Awaiting {
    private static final int POLLS = 1000;
    private static final int POLL_MILLIS = 10;

    private Awaiting() {}

    /**
     * Steps until the future is complete; it waits for real threads, which can schedule the next
     * step.
     */
    static <T extends @Nullable Object> T result(CompletableFuture<T> future, BooleanSupplier step)
            throws Exception {
        int polls = 0;
        while (true) {
            while (!future.isDone() && step.getAsBoolean()) {
                polls = 0;
            }
            try {
                return future.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (!future.isDone() && ++polls >= POLLS) {
                    throw new IllegalStateException(
                            "nothing is scheduled and the future is not complete", e);
                }
            } catch (ExecutionException | CancellationException e) {
                throw Awaiting.<RuntimeException>unchanged(failureOf(future));
            }
        }
    }

    /** Read, not thrown: newer JDKs throw a cancellation wrapped in another. */
    private static Throwable failureOf(CompletableFuture<?> future) {
        Throwable failure = requireNonNull(future.handle((value, e) -> e).join());
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    /** Throws any failure, whatever a signature declares. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> E unchanged(Throwable failure) throws E {
        throw (E) failure;
    }
}
