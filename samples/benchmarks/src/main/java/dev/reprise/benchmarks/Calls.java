package dev.reprise.benchmarks;

import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What the benchmarks of calls vary: how the first attempt ends, and what the process did before.
 */
@State(Scope.Benchmark)
public abstract class Calls {
    /** {@code succeeds}, or {@code fails}: then the second succeeds. */
    @Param({"succeeds", "fails"})
    public String firstAttempt = "succeeds";

    /**
     * {@code fresh}: nothing but the measured call ever ran. {@code busy}: every contender has met
     * failures and other policies before, at this place and at others, so that whatever the
     * compiler gains from having seen one kind of each only is lost.
     */
    @Param({"fresh", "busy"})
    public String process = "fresh";

    /**
     * Sets the remote service of the measured calls, once {@code callAll} has shown the process
     * failures.
     */
    void prepare(Remote remote, Runnable callAll) {
        if (process.equals("busy")) {
            OtherUses.INSTANCE.run();
            for (int i = 0; i < 100; i++) {
                remote.setFailsFirst(i % 2 == 0);
                callAll.run();
            }
        }
        remote.setFailsFirst(firstAttempt.equals("fails"));
    }
}
