package dev.reprise.console.browser

import dev.reprise.console.Showcase
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.runBlocking

/** A worker that goes to work when the virtual time of [showcase] is over. */
internal class LiveWorker(
    showcase: Showcase,
    settings: RetryQueueBuilder.() -> Unit,
) : AutoCloseable {
    private val scope = CoroutineScope(Dispatchers.Default)
    val queue: RetryQueue = RetryQueue.on(showcase.store, settings)

    init {
        runBlocking { queue.start(scope) }
    }

    override fun close() = scope.cancel()
}
