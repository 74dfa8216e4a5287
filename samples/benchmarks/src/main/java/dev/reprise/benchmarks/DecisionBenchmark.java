package dev.reprise.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** How long to wait after the failure of one attempt; see {@link Decisions}. */
@State(Scope.Benchmark)
public class DecisionBenchmark {
    @Param({"1", "10", "1000000"})
    public int attempt;

    private Decisions decisions;

    @Setup
    public void setup() {
        decisions = new Decisions(attempt);
    }

    @Benchmark
    public Object reprise() {
        return decisions.reprise();
    }

    @Benchmark
    public long resilience4j() {
        return decisions.resilience4j();
    }

    @Benchmark
    public boolean kotlinRetry() {
        return decisions.kotlinRetry();
    }

    @Benchmark
    public long spring() {
        return decisions.spring();
    }

    @Benchmark
    public Object arrow() {
        return decisions.arrow();
    }
}
