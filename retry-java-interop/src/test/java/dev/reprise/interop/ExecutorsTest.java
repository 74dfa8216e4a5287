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
import dev.reprise.run.RetryReport;
import dev.reprise.run.StopSignal;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ExecutorsTest {
    private final VirtualTime time = new VirtualTime();

    private static Throwable failure(CompletableFuture<?> future) {
        return assertThrows(ExecutionException.class, () -> future.get(10, SECONDS)).getCause();
    }

    @Test
    void anExecutorThatRejectsEndsTheRun() {
        CompletableFuture<Integer> future =
                RetryRunner.builder()
                        .maxAttempts(3)
                        .executor(
                                task -> {
                                    throw new RejectedExecutionException("full");
                                })
                        .build()
                        .supplyAsync(() -> 1);
        assertEquals("full", failure(future).getMessage());
    }

    @Test
    void anExecutorShutDownDuringAWaitEndsTheRunAndKeepsTheLastFailure() {
        ExecutorService executor = Executors.newSingleThreadExecutor();
        CompletableFuture<Integer> future =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(60))
                        .maxAttempts(3)
                        .testing(t -> t.time(time))
                        .executor(executor)
                        .build()
                        .callAsync(Flaky.always()::callAsync);
        executor.shutdown();
        time.advanceBy(Duration.ofSeconds(60));
        RejectedExecutionException e =
                assertInstanceOf(RejectedExecutionException.class, failure(future));
        assertEquals("failure 1", e.getSuppressed()[0].getMessage());
        RetryReport report = requireNonNull(RetryReport.of(e));
        assertEquals(1, report.getAttempts());
        assertEquals(StopReason.NOT_RETRYABLE, report.getStopReason());
    }

    @Test
    void oneThreadIsEnoughForBlockingBodies() throws Exception {
        ExecutorService one = Executors.newSingleThreadExecutor();
        try {
            RetryRunner retries =
                    RetryRunner.builder()
                            .every(Duration.ofMillis(1))
                            .attemptTimeout(Duration.ofMillis(20))
                            .maxAttempts(3)
                            .executor(one)
                            .build();
            AtomicInteger calls = new AtomicInteger();
            CompletableFuture<Integer> future =
                    retries.supplyAsync(
                            () -> {
                                if (calls.incrementAndGet() < 3) {
                                    new CountDownLatch(1).await();
                                }
                                return calls.get();
                            });
            assertEquals(3, future.get(10, SECONDS));
        } finally {
            one.shutdownNow();
        }
    }

    @Test
    void timeoutsFireThoughTheWorkersAreBusy() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        RetryRunner blocking = RetryRunner.builder().maxAttempts(1).build();
        for (int i = 0; i < 200; i++) {
            assertFalse(blocking.runAsync(release::await).isDone());
        }
        CompletableFuture<Integer> future =
                RetryRunner.builder()
                        .attemptTimeout(Duration.ofMillis(10))
                        .maxAttempts(1)
                        .build()
                        .callAsync(() -> new CompletableFuture<>());
        assertInstanceOf(AttemptTimeoutException.class, failure(future));
        release.countDown();
    }

    /** Keeps tasks until a test runs them, like a pool whose threads are all busy. */
    private static final class FullPool {
        final Queue<Runnable> tasks = new ArrayDeque<>();

        void runAll() {
            while (!tasks.isEmpty()) {
                tasks.remove().run();
            }
        }
    }

    @Test
    void noAttemptStartsAfterTheDeadlineThoughItWasQueuedBefore() {
        FullPool pool = new FullPool();
        Flaky flaky = Flaky.always();
        CompletableFuture<Integer> future =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(1))
                        .maxDuration(Duration.ofSeconds(10))
                        .testing(t -> t.time(time))
                        .executor(pool.tasks::add)
                        .build()
                        .callAsync(flaky::callAsync);
        time.advanceBy(Duration.ofHours(1));
        pool.runAll();
        assertEquals(1, flaky.count());
        IOException e = assertInstanceOf(IOException.class, failure(future));
        assertEquals(StopReason.DEADLINE, requireNonNull(RetryReport.of(e)).getStopReason());
    }

    @Test
    void aQueuedAttemptDoesNotStartAfterAStop() {
        FullPool pool = new FullPool();
        StopSignal stop = new StopSignal();
        Flaky flaky = Flaky.always();
        CompletableFuture<Integer> future =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(1))
                        .stopWhen(stop)
                        .testing(t -> t.time(time))
                        .executor(pool.tasks::add)
                        .build()
                        .callAsync(flaky::callAsync);
        time.advanceBy(Duration.ofSeconds(1));
        stop.stop();
        pool.runAll();
        assertEquals(1, flaky.count());
        IOException e = assertInstanceOf(IOException.class, failure(future));
        assertEquals(StopReason.STOPPED, requireNonNull(RetryReport.of(e)).getStopReason());
    }

    @Test
    void aFullPoolDoesNotKeepTheFutureFromEnding() {
        FullPool pool = new FullPool();
        StopSignal stop = new StopSignal();
        RetryRunner retries =
                RetryRunner.builder()
                        .maxDuration(Duration.ofSeconds(10))
                        .stopWhen(stop)
                        .testing(t -> t.time(time))
                        .executor(pool.tasks::add)
                        .build();
        CompletableFuture<Integer> late = retries.supplyAsync(Flaky.always());
        time.advanceBy(Duration.ofSeconds(10));
        assertTrue(late.isDone());
        CompletableFuture<Integer> stopped = retries.supplyAsync(Flaky.always());
        stop.stop();
        time.advanceBy(Duration.ZERO);
        assertTrue(stopped.isDone());
        pool.runAll();
    }

    @Test
    void aCancelledRunLeavesNothingInTheQueue() {
        FullPool pool = new FullPool();
        Flaky flaky = Flaky.always();
        CompletableFuture<Integer> future =
                RetryRunner.builder()
                        .forever()
                        .testing(t -> t.time(time))
                        .executor(pool.tasks::add)
                        .build()
                        .supplyAsync(flaky);
        future.cancel(true);
        pool.runAll();
        assertEquals(0, flaky.count());
    }
}
