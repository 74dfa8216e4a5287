package dev.reprise.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;
import org.springframework.core.retry.RetryException;

/** A call that blocks its thread. */
public class BlockingBenchmark extends Calls {
    private final Remote remote = new Remote(false);

    @Setup
    public void setup() {
        prepare(
                remote,
                () -> {
                    for (int i = 0; i < SuspendCalls.CALLS; i++) callEach();
                });
    }

    private void callEach() {
        bare();
        resilience4j();
        failsafe();
        try {
            reprise();
            spring();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** No library: the call, or what one would write by hand for a second try. */
    @Benchmark
    public Object bare() {
        try {
            return remote.ask();
        } catch (RuntimeException e) {
            return remote.ask();
        }
    }

    @Benchmark
    public Object reprise() throws Exception {
        return Contenders.REPRISE_JAVA.call(remote::ask);
    }

    @Benchmark
    public Object resilience4j() {
        return Contenders.RESILIENCE4J.executeSupplier(remote::ask);
    }

    @Benchmark
    public Object failsafe() {
        return Contenders.FAILSAFE.get(remote::ask);
    }

    @Benchmark
    public Object spring() throws RetryException {
        return Contenders.SPRING.execute(remote::ask);
    }
}
