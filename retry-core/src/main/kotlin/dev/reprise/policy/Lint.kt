package dev.reprise.policy

/** What looks like a mistake in a policy, though it can be built. */
public class Lint internal constructor(
    public val kind: Kind,
    public val message: String,
) {
    public enum class Kind {
        /** The waits never get as long as `max`. */
        CAP_NEVER_REACHED,

        /** The first wait alone may reach the end of `within`. */
        DEADLINE_BEFORE_FIRST_RETRY,

        /** An earlier `on` takes all that a later one waits for. */
        RULE_SHADOWED,

        /** An `unless` forbids all that an `on` allows. */
        RULE_FORBIDDEN,

        /** Attempts follow each other without a wait and without a limit to their number. */
        NO_WAIT,

        /** `attemptTimeout` is not shorter than `within` and never cuts. */
        ATTEMPT_TIMEOUT_IDLE,

        /** `delays` lists more waits than `maxAttempts` uses. */
        DELAYS_UNUSED,

        /** The left part of `then` never ends, so the right one never begins. */
        PART_NEVER_REACHED,
    }

    override fun toString(): String = "$kind: $message"
}
