package dev.reprise.policy

import kotlin.time.Duration

/** Gathers the limits and refuses those that contradict each other. */
internal class LimitsBuilder {
    private val given = LinkedHashMap<String, String>()
    private var attempts = Int.MAX_VALUE
    private var within = Duration.INFINITE
    var attemptTimeout: Duration = Duration.INFINITE
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

    fun build(
        schedule: Schedule?,
        initialDelay: Duration,
        endsOtherwise: Boolean,
    ): Limits {
        val finite = schedule?.backoff?.size != null
        require(!forever || (given.isEmpty() && !finite)) {
            "forever() contradicts ${given.values.firstOrNull() ?: "delays, which end"}; keep one of them"
        }
        // A sequence may or may not end; whoever hands one in says so by handing it in.
        val ends = given.isNotEmpty() || finite || schedule?.backoff is SequenceBackoff
        require(forever || ends || endsOtherwise) {
            "nothing ends this policy: say maxAttempts(n), maxRetries(n), within(time), delays(…), or forever(); in retry { } stopWhen(signal) or budget(…) will do as well"
        }
        require(initialDelay < within) { "initialDelay ($initialDelay) must be shorter than within ($within): no attempt would start" }
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
