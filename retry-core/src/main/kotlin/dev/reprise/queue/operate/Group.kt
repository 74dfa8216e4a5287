package dev.reprise.queue.operate

import dev.reprise.queue.model.DeadReason
import java.time.Instant

/** What calls are grouped by. */
public enum class GroupBy {
    /** The name of the handler. */
    HANDLER,

    /** The class of the last failure. */
    ERROR_TYPE,

    /** The version of the handler that made the last attempt. */
    HANDLER_VERSION,

    /** Why they are dead. */
    DEAD_REASON,
}

/** Calls that are alike. */
public class Group internal constructor(
    /** The name of their handler; null if they are not grouped by it. */
    public val handler: String?,
    /** The class of their last failure; null if they are not grouped by it, or never failed. */
    public val errorType: String?,
    /** The version of the handler that made the last attempt; null if they are not grouped by it, or were never attempted. */
    public val handlerVersion: Int?,
    /** Why they are dead; null if they are not grouped by it, or are not dead. */
    public val deadReason: DeadReason?,
    /** How many there are; [MOST] stands for more. */
    public val count: Int,
    /** When the oldest one was accepted. */
    public val oldest: Instant,
    /** When the newest one was accepted. */
    public val newest: Instant,
    /** The id of the newest one. */
    public val sampleCid: String,
) {
    /** False if there are, or can be, more than [count]. */
    public val isExact: Boolean get() = count < MOST

    override fun toString(): String =
        listOfNotNull(handler, errorType, handlerVersion?.let { "v$it" }, deadReason)
            .joinToString(" ", postfix = ": $count") + if (isExact) "" else "+"

    public companion object {
        /** No group counts more calls than this. */
        public const val MOST: Int = 1000

        /** A group, for implementations of a store and for tests. */
        @JvmStatic
        public fun of(
            handler: String?,
            errorType: String?,
            handlerVersion: Int?,
            deadReason: DeadReason?,
            count: Int,
            oldest: Instant,
            newest: Instant,
            sampleCid: String,
        ): Group = Group(handler, errorType, handlerVersion, deadReason, count, oldest, newest, sampleCid)
    }
}
