package dev.reprise.queue.event

/**
 * Receives the events of a queue: what this process does, and nothing that others do. It is called on the coroutine that does the work, for
 * different calls at the same time; it must not block.
 *
 * What a listener throws changes nothing; it is logged as a warning of the logger `dev.reprise.queue`, once a minute for each class of listener.
 */
public fun interface CallListener {
    /** Called for each event. */
    public fun onEvent(event: CallEvent)
}
