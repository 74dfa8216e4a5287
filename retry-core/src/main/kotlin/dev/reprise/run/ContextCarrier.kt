package dev.reprise.run

import dev.reprise.policy.RepriseSpi

/**
 * Carries the context of a request (logging context, trace, tenant) to the attempts of futures that start on other threads. Suspending
 * runs have their coroutine's context and blocking runs their thread, so they need none.
 *
 * Implementations are found by `java.util.ServiceLoader`, once per process. What they throw is logged and changes nothing for the run.
 */
@SubclassOptInRequired(RepriseSpi::class)
public interface ContextCarrier {
    /** Captures the context of the calling thread, which starts a run; returns null if there is nothing to carry. */
    public fun capture(): Snapshot?

    /** A captured context. Installed once per attempt, also on several threads at a time. */
    public fun interface Snapshot {
        /** Installs the context on the calling thread. Closing the result, on the same thread, restores what was there before. */
        public fun install(): AutoCloseable
    }
}
