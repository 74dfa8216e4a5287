package dev.reprise.run

import dev.reprise.policy.RepriseSpi

/**
 * Carries the context of a request (logging context, trace, tenant) to the threads on which a run continues. A future captures it where its
 * run starts, and has it in every attempt, rule and listener. Blocking runs have their thread, and suspending runs their coroutine's context:
 * [contextElement][dev.reprise.contextElement] puts what is bound to the thread into it.
 *
 * Everything with an accessor in Micrometer's registry is carried where `io.micrometer:context-propagation` is on the class path: the MDC and
 * OpenTelemetry, for example. Other implementations are found by `java.util.ServiceLoader`, once per process; `carriers(…)` of a retry or
 * of a queue sets others instead. A listener of a queue that is also
 * a carrier carries the context of the calls of that queue. What carriers throw is logged and changes nothing for the run.
 */
@SubclassOptInRequired(RepriseSpi::class)
public interface ContextCarrier {
    /** Captures the context of the calling thread, which starts a run; returns null if there is nothing to carry. */
    public fun capture(): Snapshot?

    /**
     * Writes [captured] into the [headers] of a durable call that is being enqueued, for [read] to find in whatever process makes the attempt.
     * Default: nothing is written.
     */
    public fun write(
        captured: Snapshot,
        headers: MutableMap<String, String>,
    ) {
    }

    /** The same for a call to [handler]. Default: [write] without it. */
    public fun write(
        captured: Snapshot,
        headers: MutableMap<String, String>,
        handler: String,
    ): Unit = write(captured, headers)

    /** Returns the context that [write] has put into [headers], to be installed around the handler; null (default) if there is none. */
    public fun read(headers: Map<String, String>): Snapshot? = null

    /** The same for the [attempt], 1-based, at the call [cid] to [handler], which is about to start. Default: [read] without them. */
    public fun read(
        headers: Map<String, String>,
        cid: String,
        handler: String,
        attempt: Int,
    ): Snapshot? = read(headers)

    /** A captured context. Installed once per attempt, also on several threads at a time. */
    public fun interface Snapshot {
        /** Installs the context on the calling thread. Closing the result, on the same thread, restores what was there before. */
        public fun install(): AutoCloseable
    }
}
