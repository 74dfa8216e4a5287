package dev.reprise.queue.model

/** How many calls of one handler are in one state. */
public data class CallCount(
    /** The name of the handler. */
    public val handler: String,
    /** The state. */
    public val state: CallState,
    /** How many. */
    public val calls: Long,
)
