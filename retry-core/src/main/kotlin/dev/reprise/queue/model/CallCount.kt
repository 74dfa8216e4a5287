package dev.reprise.queue.model

import java.util.Objects

/** How many calls of one handler are in one state. */
public class CallCount internal constructor(
    /** The name of the handler. */
    public val handler: String,
    /** The state. */
    public val state: CallState,
    /** The number of calls. */
    public val calls: Long,
) {
    override fun equals(other: Any?): Boolean =
        other is CallCount && handler == other.handler && state == other.state && calls == other.calls

    override fun hashCode(): Int = Objects.hash(handler, state, calls)

    override fun toString(): String = "CallCount($handler, $state, $calls)"

    public companion object {
        /** A count, for implementations of a store and for tests. */
        @JvmStatic
        public fun of(
            handler: String,
            state: CallState,
            calls: Long,
        ): CallCount = CallCount(handler, state, calls)
    }
}
