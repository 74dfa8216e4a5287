package dev.reprise.benchmarks;

import dev.failsafe.FailsafeExecutor;
import dev.reprise.interop.RetryRunner;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A call that returns a future, which is done already, or has failed already. Where a contender
 * lets its user choose, everything runs on the calling thread: changing threads costs more than all
 * the rest.
 */
public class FutureBenchmark extends Calls {
    private static final Executor HERE = Runnable::run;

    private final Remote remote = new Remote(false);
    private final RetryRunner reprise = RetryRunner.builder().maxAttempts(3).executor(HERE).build();
    private final FailsafeExecutor<Object> failsafe = Contenders.FAILSAFE.with(HERE);

    /** Resilience4j makes every attempt but the first on a scheduler. */
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

    @Setup
    public void setup() {
        prepare(
                remote,
                () -> {
                    for (int i = 0; i < SuspendCalls.CALLS; i++) callEach();
                });
    }

    @TearDown
    public void tearDown() {
        scheduler.shutdownNow();
    }

    private void callEach() {
        bare();
        reprise();
        resilience4j();
        failsafe();
    }

    /** No library: the call, or what one would write by hand for a second try. */
    @Benchmark
    public Object bare() {
        return remote.asked().exceptionallyCompose(failure -> remote.asked()).join();
    }

    @Benchmark
    public Object reprise() {
        return reprise.callAsync(remote::asked).join();
    }

    @Benchmark
    public Object resilience4j() {
        return Contenders.RESILIENCE4J
                .executeCompletionStage(scheduler, remote::asked)
                .toCompletableFuture()
                .join();
    }

    @Benchmark
    public Object failsafe() {
        return failsafe.getStageAsync(remote::asked).join();
    }
}
