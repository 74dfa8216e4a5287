package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.run.RetryTimer;
import dev.reprise.run.StopSignal;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** No action is left on the timer when a run has ended. */
class TimersTest {
    private final Counting time = new Counting();

    /** Records the scheduled actions. */
    private static final class Counting implements RetryTimer {
        private final VirtualTime time = new VirtualTime();
        final Set<Object> planned = new HashSet<>();

        @Override
        public long nanoTime() {
            return time.nanoTime();
        }

        @Override
        public Executor executor() {
            return Runnable::run;
        }

        @Override
        public AutoCloseable schedule(long delayNanos, Runnable action) {
            Object plan = new Object();
            planned.add(plan);
            AutoCloseable handle =
                    time.schedule(
                            delayNanos,
                            () -> {
                                planned.remove(plan);
                                action.run();
                            });
            return () -> {
                planned.remove(plan);
                handle.close();
            };
        }

        @Override
        public void sleep(long nanos, BooleanSupplier isWoken) throws InterruptedException {
            time.sleep(nanos, isWoken);
        }
    }

    private RetryRunner.Builder builder() {
        return RetryRunner.builder()
                .every(Duration.ofSeconds(60))
                .attemptTimeout(Duration.ofSeconds(5))
                .maxDuration(Duration.ofHours(1))
                .stopWhen(new StopSignal(), Duration.ofSeconds(1))
                .testing(t -> t.time(time));
    }

    @Test
    void theTimerOfACancelledWaitIsRemoved() {
        CompletableFuture<Integer> future = builder().build().callAsync(Flaky.always()::callAsync);
        assertEquals(1, time.planned.size());
        assertTrue(future.cancel(true));
        assertEquals(Set.of(), time.planned);
    }

    @Test
    void theTimeoutOfACancelledAttemptIsRemoved() {
        CompletableFuture<Integer> stage = new CompletableFuture<>();
        CompletableFuture<Integer> future =
                builder().build().callAsync(stage::minimalCompletionStage);
        assertEquals(2, time.planned.size()); // attemptTimeout and maxDuration
        assertTrue(future.cancel(true));
        assertEquals(Set.of(), time.planned);
    }

    @Test
    void theTimeoutOfACancelledQueuedAttemptIsRemoved() {
        CompletableFuture<Integer> future =
                builder().executor(task -> {}).build().supplyAsync(Flaky.always());
        assertEquals(1, time.planned.size());
        assertTrue(future.cancel(true));
        assertEquals(Set.of(), time.planned);
    }

    @Test
    void aFinishedRunLeavesNothing() throws Exception {
        builder().build().callAsync(Flaky.failing(0)::callAsync).join();
        builder().build().call(Flaky.failing(3));
        CompletableFuture<Integer> future =
                builder().build().callAsync(Flaky.failing(3)::callAsync);
        time.time.advanceBy(Duration.ofSeconds(180));
        assertEquals(4, future.join());
        assertEquals(Set.of(), time.planned);
    }
}
