package dev.reprise.interop;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.internal.Failures;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.run.RetryReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class RetryRunnerAsyncTest {
    private final VirtualTime time = new VirtualTime();

    private RetryRunner.Builder builder() {
        return RetryRunner.builder().testing(t -> t.time(time));
    }

    private static Throwable failure(CompletableFuture<?> future) {
        return assertThrows(ExecutionException.class, () -> future.get(10, SECONDS)).getCause();
    }

    @Test
    void theFirstAttemptRunsOnTheCallersThread() {
        Thread self = Thread.currentThread();
        CompletableFuture<Thread> future =
                builder()
                        .maxAttempts(2)
                        .build()
                        .callAsync(() -> CompletableFuture.completedFuture(Thread.currentThread()));
        assertEquals(self, future.join());
    }

    @Test
    void theStageMayCompleteLater() throws Exception {
        List<CompletableFuture<String>> stages = new ArrayList<>();
        CompletableFuture<String> future =
                builder()
                        .maxAttempts(2)
                        .build()
                        .callAsync(
                                () -> {
                                    stages.add(new CompletableFuture<>());
                                    return stages.get(stages.size() - 1);
                                });
        stages.get(0).completeExceptionally(new IOException());
        time.advanceBy(Duration.ZERO);
        stages.get(1).complete("done");
        assertEquals("done", future.get(10, SECONDS));
    }

    @Test
    void aSupplierMayThrowAtAnyAttempt() {
        AtomicInteger calls = new AtomicInteger();
        CompletableFuture<Integer> future =
                builder()
                        .every(Duration.ofSeconds(1))
                        .maxAttempts(3)
                        .build()
                        .callAsync(
                                () -> {
                                    throw new IllegalStateException(
                                            "thrown " + calls.incrementAndGet());
                                });
        time.advanceBy(Duration.ofSeconds(2));
        assertEquals("thrown 3", failure(future).getMessage());
        assertEquals(3, requireNonNull(RetryReport.of(failure(future))).getAttempts());
    }

    @Test
    void aSupplierMayThrowAnError() {
        CompletableFuture<Integer> future =
                builder()
                        .maxAttempts(3)
                        .build()
                        .callAsync(
                                () -> {
                                    throw new StackOverflowError();
                                });
        assertInstanceOf(StackOverflowError.class, failure(future));
        assertEquals(1, requireNonNull(RetryReport.of(failure(future))).getAttempts());
    }

    @Test
    @SuppressWarnings("NullAway")
    void aNullStageIsAClearFailure() {
        Supplier<CompletionStage<Integer>> body = () -> null;
        CompletableFuture<Integer> future = builder().maxAttempts(1).build().callAsync(body::get);
        NullPointerException e = assertInstanceOf(NullPointerException.class, failure(future));
        assertTrue(e.getMessage().contains("must return a CompletionStage"), e.getMessage());
    }

    @Test
    void everyPieceOfUserCodeMayThrowAndTheFutureCompletes() {
        for (Throwable thrown : List.of(new IllegalStateException(), new LinkageError())) {
            List<Consumer<RetryRunner.Builder>> broken =
                    List.of(
                            b -> b.on(IOException.class, e -> raise(thrown)),
                            b -> b.unless(IOException.class, e -> raise(thrown)),
                            b -> b.retryAfter(e -> raise(thrown)),
                            b -> b.failureTester(() -> raise(thrown)),
                            b -> b.failureTester(() -> e -> raise(thrown)),
                            b -> b.delays(() -> raise(thrown)),
                            b -> b.listener(e -> raise(thrown)),
                            b -> b.beforeRetry(e -> raise(thrown)));
            for (Consumer<RetryRunner.Builder> settings : broken) {
                RetryRunner.Builder builder = builder().maxAttempts(3);
                settings.accept(builder);
                CompletableFuture<Integer> future =
                        builder.build().callAsync(Flaky.always()::callAsync);
                time.advanceBy(Duration.ofSeconds(1));
                assertTrue(future.isCompletedExceptionally());
            }
            CompletableFuture<Integer> judged =
                    builder()
                            .onResult(Integer.class, r -> raise(thrown))
                            .maxAttempts(3)
                            .build()
                            .callAsync(() -> CompletableFuture.completedFuture(1));
            assertEquals(thrown, failure(judged));
        }
    }

    private static <R> R raise(Throwable failure) {
        throw Failures.raise(failure);
    }

    @Test
    void discardedResultsAreClosed() {
        AtomicInteger closed = new AtomicInteger();
        CompletableFuture<AutoCloseable> future =
                builder()
                        .onResult(AutoCloseable.class, r -> closed.get() < 2)
                        .maxAttempts(5)
                        .build()
                        .supplyAsync(() -> closed::incrementAndGet);
        time.advanceBy(Duration.ofSeconds(1));
        assertTrue(future.isDone());
        assertEquals(2, closed.get());
    }

    @Test
    void theBodySeesItsAttempt() throws Exception {
        RetryRunner retries = builder().maxAttempts(3).build();
        int called =
                time.await(
                        retries.callAsyncWithAttempt(
                                attempt ->
                                        attempt.getNumber() < 3
                                                ? CompletableFuture.failedFuture(new IOException())
                                                : CompletableFuture.completedFuture(
                                                        attempt.getNumber())));
        assertEquals(3, called);
        int supplied =
                time.await(
                        retries.supplyAsyncWithAttempt(
                                attempt -> {
                                    if (!attempt.isRetry()) {
                                        throw new IOException();
                                    }
                                    return attempt.getNumber();
                                }));
        assertEquals(2, supplied);
    }
}
