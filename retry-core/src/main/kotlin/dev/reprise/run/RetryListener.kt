package dev.reprise.run

/**
 * Receives the events of runs, on the thread or coroutine that runs the attempts; it must not block.
 *
 * What a listener throws changes nothing for the run; it is logged as a warning of the logger `dev.reprise`.
 */
public fun interface RetryListener {
    public fun onEvent(event: RetryEvent)
}
