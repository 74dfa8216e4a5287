package dev.reprise.queue

import dev.reprise.internal.queue.QueueSettings

/**
 * Handlers of durable calls and their settings, built once and given to queues: to a [RetryQueue] on a store, or to a queue that another
 * engine hosts, whose documentation says which settings have no meaning there.
 */
public class HandlerRegistry private constructor(
    internal val settings: QueueSettings,
) {
    /** The names of the handlers. */
    public val handlers: Set<String> get() = settings.handlers.keys.toSet()

    override fun toString(): String = "HandlerRegistry(${handlers.sorted()})"

    public companion object {
        /**
         * The handlers and settings that [block] configures.
         *
         * @throws IllegalArgumentException if a setting breaks its limit, or a lane that is configured has no handler.
         */
        public fun of(block: RetryQueueBuilder.() -> Unit): HandlerRegistry = HandlerRegistry(RetryQueueBuilder.settings(block))
    }
}
