package dev.reprise.interop;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.engine.StopSignal;
import dev.reprise.policy.AttemptTimeoutException;
import dev.reprise.policy.StopReason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class RetriesAsyncTest {
    private final VirtualTime time = new VirtualTime();

    private RetriesBuilder builder() {
        return Retries.builder().time(time);
    }

    private static Throwable failure(CompletableFuture<?> future) {
        return assertThrows(ExecutionException.class, () -> future.get(10, SECONDS)).getCause();
    }

    @Test
    void theFirstAttemptIsMadeByTheCaller() {
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
        assertEquals(3, Report.of(failure(future)).orElseThrow().attempts());
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
        assertEquals(1, Report.of(failure(future)).orElseThrow().attempts());
    }

    @Test
    @SuppressWarnings("NullAway")
    void aNullStageIsAClearFailure() {
        Supplier<CompletionStage<Integer>> body = () -> null;
        CompletableFuture<Integer> future = builder().maxAttempts(1).build().callAsync(body);
        NullPointerException e = assertInstanceOf(NullPointerException.class, failure(future));
        assertTrue(e.getMessage().contains("must return a CompletionStage"), e.getMessage());
    }

    @Test
    void everyPieceOfUserCodeMayThrowAndTheFutureCompletes() {
        for (Throwable thrown : List.of(new IllegalStateException(), new LinkageError())) {
            List<Consumer<RetriesBuilder>> broken =
                    List.of(
                            b -> b.on(IOException.class, e -> raise(thrown)),
                            b -> b.unless(IOException.class, e -> raise(thrown)),
                            b -> b.delayFrom(e -> raise(thrown)),
                            b -> b.failureTester(() -> raise(thrown)),
                            b -> b.failureTester(() -> e -> raise(thrown)),
                            b -> b.delays(() -> raise(thrown)),
                            b -> b.listener(e -> raise(thrown)),
                            b -> b.beforeRetry(e -> raise(thrown)));
            for (Consumer<RetriesBuilder> tell : broken) {
                RetriesBuilder builder = builder().maxAttempts(3);
                tell.accept(builder);
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
        throw Sneaky.raise(failure);
    }

    @Test
    void cancellingEndsAWaitAndTakesTheTimerOff() {
        Flaky flaky = Flaky.always();
        List<Event> events = new ArrayList<>();
        CompletableFuture<Integer> future =
                builder()
                        .every(Duration.ofSeconds(60))
                        .forever()
                        .listener(events::add)
                        .build()
                        .callAsync(flaky::callAsync);
        assertTrue(future.cancel(true));
        time.advanceBy(Duration.ofDays(1));
        assertEquals(1, flaky.count());
        assertThrows(CancellationException.class, future::join);
        assertEquals(new Event.Cancelled(1, Duration.ZERO), events.get(events.size() - 1));
        assertEquals(2, events.size());
    }

    @Test
    void cancellingCancelsTheRunningStage() {
        CompletableFuture<Integer> stage = new CompletableFuture<>();
        AtomicInteger calls = new AtomicInteger();
        CompletableFuture<Integer> future =
                builder()
                        .forever()
                        .build()
                        .callAsync(
                                () -> {
                                    calls.incrementAndGet();
                                    return stage;
                                });
        assertTrue(future.cancel(false));
        assertTrue(stage.isCancelled());
        time.advanceBy(Duration.ofDays(1));
        assertEquals(1, calls.get());
    }

    @Test
    void cancellingADerivedStageDoesNotReachTheRun() {
        Flaky flaky = Flaky.failing(1);
        CompletableFuture<Integer> root =
                builder()
                        .every(Duration.ofSeconds(60))
                        .forever()
                        .build()
                        .callAsync(flaky::callAsync);
        assertTrue(root.thenApply(value -> value + 1).cancel(true));
        assertFalse(root.isDone());
        time.advanceBy(Duration.ofSeconds(60));
        assertEquals(2, root.join());
    }

    /** A stage as some libraries make them: nobody can complete or cancel it. */
    private static final class Closed {
        static CompletionStage<Integer> stage() {
            return new CompletableFuture<Integer>() {
                @Override
                public boolean cancel(boolean mayInterrupt) {
                    throw new UnsupportedOperationException("cancel");
                }

                @Override
                public CompletableFuture<Integer> toCompletableFuture() {
                    throw new UnsupportedOperationException("toCompletableFuture");
                }
            };
        }
    }

    @Test
    void aStageThatCannotBeCancelledIsLetGo() {
        CompletableFuture<Integer> future =
                builder()
                        .attemptTimeout(Duration.ofHours(1))
                        .forever()
                        .build()
                        .callAsync(Closed::stage);
        assertTrue(future.cancel(true));
        assertTrue(future.isCancelled());
    }

    @Test
    void aStageThatCannotBeCancelledIsStillCutInTime() {
        CompletableFuture<Integer> future =
                builder()
                        .attemptTimeout(Duration.ofSeconds(2))
                        .maxAttempts(2)
                        .build()
                        .callAsync(Closed::stage);
        time.advanceBy(Duration.ofSeconds(5));
        assertInstanceOf(AttemptTimeoutException.class, failure(future));
    }

    @Test
    void completingFromOutsideEndsTheRun() {
        Flaky flaky = Flaky.always();
        CompletableFuture<Integer> future =
                builder()
                        .every(Duration.ofSeconds(60))
                        .forever()
                        .build()
                        .callAsync(flaky::callAsync);
        assertTrue(future.complete(42));
        time.advanceBy(Duration.ofDays(1));
        assertEquals(42, future.join());
        assertEquals(1, flaky.count());
    }

    @Test
    void anAttemptTimeoutCancelsTheStage() {
        List<CompletableFuture<Integer>> stages = new ArrayList<>();
        CompletableFuture<Integer> future =
                builder()
                        .attemptTimeout(Duration.ofSeconds(2))
                        .maxAttempts(2)
                        .build()
                        .callAsync(
                                () -> {
                                    stages.add(new CompletableFuture<>());
                                    return stages.get(stages.size() - 1);
                                });
        time.advanceBy(Duration.ofSeconds(4));
        assertEquals(
                List.of(true, true), stages.stream().map(CompletableFuture::isCancelled).toList());
        assertInstanceOf(AttemptTimeoutException.class, failure(future));
    }

    @Test
    void aGraceCutsTheRunningStage() {
        StopSignal stop = new StopSignal();
        CompletableFuture<Integer> stage = new CompletableFuture<>();
        CompletableFuture<Integer> future =
                builder().stopWhen(stop, Duration.ofSeconds(5)).build().callAsync(() -> stage);
        stop.stop();
        time.advanceBy(Duration.ofMillis(4999));
        assertFalse(future.isDone());
        time.advanceBy(Duration.ofMillis(1));
        assertTrue(stage.isCancelled());
        assertEquals(StopReason.STOPPED, Report.of(failureOf(future)).orElseThrow().reason());
    }

    /** A stopped run ends with a {@code CancellationException}, which a future throws as it is. */
    private static Throwable failureOf(CompletableFuture<?> future) {
        return Objects.requireNonNull(future.handle((value, failure) -> failure).join());
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
    void aResultThatComesAfterTheCancellationIsClosed() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        CompletableFuture<AutoCloseable> future =
                Retries.builder()
                        .maxAttempts(1)
                        .build()
                        .supplyAsync(
                                () -> {
                                    running.countDown();
                                    while (cancelled.getCount() > 0) {
                                        try {
                                            cancelled.await();
                                        } catch (InterruptedException e) {
                                            // A body that will not be told.
                                        }
                                    }
                                    return closed::countDown;
                                });
        assertTrue(running.await(10, SECONDS));
        future.cancel(true);
        cancelled.countDown();
        assertTrue(closed.await(10, SECONDS));
    }

    @Test
    void cancellingInterruptsABlockingBody() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        AtomicInteger calls = new AtomicInteger();
        CompletableFuture<?> future =
                Retries.builder()
                        .forever()
                        .build()
                        .runAsync(
                                () -> {
                                    calls.incrementAndGet();
                                    running.countDown();
                                    try {
                                        new CountDownLatch(1).await();
                                    } catch (InterruptedException e) {
                                        interrupted.countDown();
                                        throw e;
                                    }
                                });
        assertTrue(running.await(10, SECONDS));
        assertTrue(future.cancel(true));
        assertTrue(interrupted.await(10, SECONDS));
        assertEquals(1, calls.get());
    }

    @Test
    void theBodySeesItsAttempt() throws Exception {
        Retries retries = builder().maxAttempts(3).build();
        int called =
                time.await(
                        retries.callAsync(
                                attempt ->
                                        attempt.number() < 3
                                                ? CompletableFuture.failedFuture(new IOException())
                                                : CompletableFuture.completedFuture(
                                                        attempt.number())));
        assertEquals(3, called);
        int supplied =
                time.await(
                        retries.supplyAsync(
                                attempt -> {
                                    if (!attempt.isRetry()) {
                                        throw new IOException();
                                    }
                                    return attempt.number();
                                }));
        assertEquals(2, supplied);
    }
}
