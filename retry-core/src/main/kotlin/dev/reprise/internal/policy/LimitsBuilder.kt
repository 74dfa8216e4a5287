package dev.reprise.internal.policy

import dev.reprise.internal.util.toWaitNanos
import kotlin.time.Duration

/** Gathers the limits and refuses those that contradict each other. */
internal class LimitsBuilder {
    private val given = LinkedHashMap<String, String>()
    private var attempts = Int.MAX_VALUE
    private var within = Duration.INFINITE
    private var attemptTimeout = Duration.INFINITE
    var initialDelay: Duration = Duration.ZERO
        private set
    var forever = false

    fun attempts(
        call: String,
        calls: Int,
    ) {
        once("count", call)
        attempts = calls
    }

    fun within(
        call: String,
        time: Duration,
    ) {
        once("time", call)
        within = time
    }

    fun attemptTimeout(
        call: String,
        time: Duration,
    ) {
        once("attempt", call)
        attemptTimeout = time
    }

    fun initialDelay(
        call: String,
        delay: Duration,
    ) {
        once("initial", call)
        initialDelay = delay
    }

    fun build(
        schedule: Schedule?,
        endsOtherwise: Boolean,
    ): Limits {
        val limit = given["count"] ?: given["time"]?.takeIf { within.isFinite() } ?: schedule?.backoff?.size?.let { "delays, which end" }
        require(!forever || limit == null) { "forever() contradicts $limit; keep one of them" }
        // A sequence may or may not end; whoever hands one in says so by handing it in.
        require(forever || limit != null || schedule?.backoff is SequenceBackoff || endsOtherwise) {
            "nothing ends this policy: say maxAttempts(n), maxRetries(n), within(time), delays(…), or forever(); " +
                "in retry { } stopWhen(signal) or budget(…) will do as well"
        }
        require(initialDelay.toWaitNanos() < within.toWaitNanos()) {
            "initialDelay ($initialDelay) must be shorter than within ($within): no attempt would start"
        }
        return told()
    }

    /** The limits as given, fitting or not. */
    fun told(): Limits = Limits(attempts, within.toWaitNanos(), attemptTimeout.toWaitNanos())

    private fun once(
        kind: String,
        call: String,
    ) {
        val before = given.put(kind, call)
        require(before == null) { "$call contradicts $before, given before; keep one of them" }
    }
}
