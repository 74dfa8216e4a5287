package dev.reprise.benchmarks;

import static dev.reprise.benchmarks.SuspendCalls.CALLS;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;

/** A call from a coroutine; what each contender does is in {@link SuspendCalls}. */
@OperationsPerInvocation(CALLS)
public class SuspendBenchmark extends Calls {
    private final Remote remote = new Remote(false);
    private final SuspendCalls calls = new SuspendCalls(remote);

    @Setup
    public void setup() {
        prepare(
                remote,
                () -> {
                    bare();
                    reprise();
                    resilience4j();
                    arrow();
                    kotlinRetry();
                });
    }

    @Benchmark
    public Object bare() {
        return calls.bare();
    }

    @Benchmark
    public Object reprise() {
        return calls.reprise();
    }

    @Benchmark
    public Object resilience4j() {
        return calls.resilience4j();
    }

    @Benchmark
    public Object arrow() {
        return calls.arrow();
    }

    @Benchmark
    public Object kotlinRetry() {
        return calls.kotlinRetry();
    }
}
