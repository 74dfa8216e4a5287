package dev.reprise.interop;

import dev.reprise.policy.StopReason;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.UndeclaredThrowableException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What a run that gave up did. It travels with the failure that was thrown: {@link #of}.
 *
 * @param attempts how many attempts the run made
 * @param calls {@code attempts} and the retries of runs nested in it
 * @param elapsed from the start of the run to its end; where nothing needs a clock, from the first
 *     wait
 * @param reason why there was no further attempt
 * @param firstFailure the failure of the first attempt that failed; null if there were only
 *     rejected results
 * @param recentFailures the failures of the last attempts, oldest first; bounded
 */
public record Report(
        int attempts,
        int calls,
        Duration elapsed,
        StopReason reason,
        @Nullable Throwable firstFailure,
        List<Throwable> recentFailures) {
    /** Longer chains of envelopes than this are taken to be circular. */
    private static final int LONGEST_CHAIN = 64;

    /**
     * Finds the report of the run that threw a failure, also inside the envelopes of futures and of
     * reflection.
     *
     * @param failure what was caught
     * @return empty if it was not thrown by a run, or cannot carry a report because its suppression
     *     is disabled
     */
    public static Optional<Report> of(Throwable failure) {
        Throwable inner = failure;
        for (int depth = 0; depth < LONGEST_CHAIN; depth++) {
            Report report = Views.report(inner);
            Throwable cause = inner.getCause();
            if (report != null || cause == null || !isEnvelope(inner)) {
                return Optional.ofNullable(report);
            }
            inner = cause;
        }
        return Optional.empty();
    }

    private static boolean isEnvelope(Throwable failure) {
        return failure instanceof CompletionException
                || failure instanceof ExecutionException
                || failure instanceof UncheckedFailureException
                || failure instanceof InvocationTargetException
                || failure instanceof UndeclaredThrowableException;
    }
}
