package dev.reprise.interop;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.AttemptTimeoutException;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryEvent;
import dev.reprise.run.RetryReport;
import dev.reprise.run.StopSignal;
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
import org.junit.jupiter.api.Test;

/** Futures of runs that are cancelled, completed from outside, or timed out. */
class AsyncCancellationTest {
    private final VirtualTime time = new VirtualTime();

    private RetryRunner.Builder builder() {
        return RetryRunner.builder().testing(t -> t.time(time));
    }

    private static Throwable failure(CompletableFuture<?> future) {
        return assertThrows(ExecutionException.class, () -> future.get(10, SECONDS)).getCause();
    }

    @Test
    void cancellingEndsAWaitAndRemovesTheTimer() {
        Flaky flaky = Flaky.always();
        List<RetryEvent> events = new ArrayList<>();
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
        RetryEvent last =
                assertInstanceOf(RetryEvent.Cancelled.class, events.get(events.size() - 1));
        assertEquals(1, last.getNumber());
        assertEquals(Duration.ZERO, last.getElapsed());
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

    /** A stage as some libraries return them: callers can neither complete nor cancel it. */
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
    void aStageThatCannotBeCancelledIsAbandoned() {
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
    void aStageThatCannotBeCancelledIsAwaited() {
        CompletableFuture<Integer> future =
                builder()
                        .attemptTimeout(Duration.ofSeconds(2))
                        .maxAttempts(2)
                        .build()
                        .callAsync(Closed::stage);
        time.advanceBy(Duration.ofSeconds(5));
        assertFalse(future.isDone());
        assertTrue(future.cancel(true));
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
    void aGracePeriodEndsTheRunningStage() {
        StopSignal stop = new StopSignal();
        CompletableFuture<Integer> stage = new CompletableFuture<>();
        CompletableFuture<Integer> future =
                builder().stopWhen(stop, Duration.ofSeconds(5)).build().callAsync(() -> stage);
        stop.stop();
        time.advanceBy(Duration.ofMillis(4999));
        assertFalse(future.isDone());
        time.advanceBy(Duration.ofMillis(1));
        assertTrue(stage.isCancelled());
        assertEquals(
                StopReason.STOPPED,
                requireNonNull(RetryReport.of(failureOf(future))).getStopReason());
    }

    /** A stopped run ends with a {@code CancellationException}, which a future throws unchanged. */
    private static Throwable failureOf(CompletableFuture<?> future) {
        return Objects.requireNonNull(future.handle((value, failure) -> failure).join());
    }

    @Test
    void aResultThatComesAfterTheCancellationIsClosed() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        CompletableFuture<AutoCloseable> future =
                RetryRunner.builder()
                        .maxAttempts(1)
                        .build()
                        .supplyAsync(
                                () -> {
                                    running.countDown();
                                    while (cancelled.getCount() > 0) {
                                        try {
                                            cancelled.await();
                                        } catch (InterruptedException e) {
                                            // A body that ignores its cancellation.
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
                RetryRunner.builder()
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
}
