package dev.reprise.policy

/** A probable mistake in a valid policy. */
public class Lint internal constructor(
    public val kind: Kind,
    public val message: String,
) {
    public enum class Kind {
        /** The delays never reach `max`. */
        CAP_NEVER_REACHED,

        /** The first delay alone can reach the end of `maxDuration`. */
        DEADLINE_BEFORE_FIRST_RETRY,

        /** An earlier `on` matches every failure of a later one. */
        RULE_SHADOWED,

        /** An `unless` matches every failure of an `on`. */
        RULE_FORBIDDEN,

        /** Attempts follow each other without a delay, and their number has no limit. */
        NO_DELAY,

        /** `attemptTimeout` is not shorter than `maxDuration` and has no effect. */
        ATTEMPT_TIMEOUT_IDLE,

        /** `delays` lists more delays than `maxAttempts` uses. */
        DELAYS_UNUSED,

        /** The left part of `then` never ends, so the right part never starts. */
        PART_NEVER_REACHED,
    }

    override fun toString(): String = "$kind: $message"
}
