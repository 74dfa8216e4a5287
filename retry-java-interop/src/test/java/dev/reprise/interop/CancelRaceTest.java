package dev.reprise.interop;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.run.RetryEvent;
import dev.reprise.run.StopSignal;
import java.io.IOException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two threads race from a barrier: one cancels, one takes the run to its next step. */
class CancelRaceTest {
    private static final int ROUNDS = 3000;

    private final ExecutorService other = Executors.newSingleThreadExecutor();

    @AfterEach
    void close() {
        other.shutdownNow();
    }

    /** Runs both at once and waits for both. */
    private void race(CyclicBarrier barrier, Runnable here, Runnable there) throws Exception {
        Future<?> ran =
                other.submit(
                        () -> {
                            barrier.await(10, SECONDS);
                            there.run();
                            return null;
                        });
        barrier.await(10, SECONDS);
        here.run();
        ran.get(10, SECONDS);
    }

    @Test
    void cancelAgainstTheSchedulingOfTheNextWait() throws Exception {
        CyclicBarrier barrier = new CyclicBarrier(2);
        for (int round = 0; round < ROUNDS; round++) {
            VirtualTime time = new VirtualTime();
            Queue<RetryEvent> events = new ConcurrentLinkedQueue<>();
            AtomicInteger calls = new AtomicInteger();
            CompletableFuture<Integer> stage = new CompletableFuture<>();
            CompletableFuture<Integer> future =
                    RetryRunner.builder()
                            .every(Duration.ofSeconds(1))
                            .forever()
                            .testing(t -> t.time(time))
                            .listener(events::add)
                            .build()
                            .callAsync(
                                    () -> {
                                        calls.incrementAndGet();
                                        return stage;
                                    });
            race(
                    barrier,
                    () -> assertTrue(future.cancel(true)),
                    () -> stage.completeExceptionally(new IOException()));
            time.advanceBy(Duration.ofHours(1));
            assertEquals(1, calls.get());
            assertTrue(future.isCancelled());
            assertEquals(
                    1,
                    events.stream().filter(e -> !(e instanceof RetryEvent.AttemptFailed)).count());
        }
    }

    @Test
    void cancelAgainstTheEndOfAWait() throws Exception {
        CyclicBarrier barrier = new CyclicBarrier(2);
        for (int round = 0; round < ROUNDS; round++) {
            VirtualTime time = new VirtualTime();
            AtomicInteger calls = new AtomicInteger();
            Queue<CompletableFuture<Integer>> stages = new ConcurrentLinkedQueue<>();
            CompletableFuture<Integer> future =
                    RetryRunner.builder()
                            .every(Duration.ofSeconds(1))
                            .forever()
                            .testing(t -> t.time(time))
                            .build()
                            .callAsync(
                                    () -> {
                                        calls.incrementAndGet();
                                        CompletableFuture<Integer> stage =
                                                new CompletableFuture<>();
                                        stages.add(stage);
                                        return stage;
                                    });
            stages.remove().completeExceptionally(new IOException());
            race(
                    barrier,
                    () -> assertTrue(future.cancel(true)),
                    () -> time.advanceBy(Duration.ofSeconds(1)));
            assertTrue(calls.get() <= 2);
            // An attempt that started nevertheless is cancelled.
            stages.forEach(stage -> assertTrue(stage.isCancelled()));
            int made = calls.get();
            time.advanceBy(Duration.ofHours(1));
            assertEquals(made, calls.get());
        }
    }

    @Test
    void cancelAgainstASuccess() throws Exception {
        CyclicBarrier barrier = new CyclicBarrier(2);
        for (int round = 0; round < ROUNDS; round++) {
            Queue<RetryEvent> events = new ConcurrentLinkedQueue<>();
            AtomicInteger closed = new AtomicInteger();
            CompletableFuture<AutoCloseable> stage = new CompletableFuture<>();
            CompletableFuture<AutoCloseable> future =
                    RetryRunner.builder()
                            .forever()
                            .listener(events::add)
                            .build()
                            .callAsync(stage::minimalCompletionStage);
            race(barrier, () -> future.cancel(true), () -> stage.complete(closed::incrementAndGet));
            assertTrue(future.isDone());
            assertEquals(1, events.size(), events::toString);
            assertEquals(future.isCancelled(), events.peek() instanceof RetryEvent.Cancelled);
            assertEquals(future.isCancelled() ? 1 : 0, closed.get());
        }
    }

    @Test
    void stopAgainstTheEndOfAWait() throws Exception {
        CyclicBarrier barrier = new CyclicBarrier(2);
        for (int round = 0; round < ROUNDS; round++) {
            VirtualTime time = new VirtualTime();
            StopSignal stop = new StopSignal();
            Flaky flaky = Flaky.always();
            CompletableFuture<Integer> future =
                    RetryRunner.builder()
                            .every(Duration.ofSeconds(1))
                            .stopWhen(stop)
                            .testing(t -> t.time(time))
                            .build()
                            .callAsync(flaky::callAsync);
            race(barrier, stop::stop, () -> time.advanceBy(Duration.ofSeconds(1)));
            time.advanceBy(Duration.ofHours(1));
            assertTrue(future.isCompletedExceptionally());
            assertTrue(flaky.count() <= 2);
        }
    }

    @Test
    void aLateInterruptNeverReachesTheNextAttempt() throws Exception {
        ExecutorService one = Executors.newSingleThreadExecutor();
        try {
            CyclicBarrier barrier = new CyclicBarrier(2);
            for (int round = 0; round < ROUNDS; round++) {
                CompletableFuture<Integer> future =
                        RetryRunner.builder()
                                .maxAttempts(1)
                                .executor(one)
                                .build()
                                .supplyAsync(
                                        () -> {
                                            barrier.await(10, SECONDS);
                                            return 1;
                                        });
                barrier.await(10, SECONDS);
                future.cancel(true);
                assertEquals(false, one.submit(Thread::interrupted).get(10, SECONDS));
            }
        } finally {
            one.shutdownNow();
        }
    }
}
