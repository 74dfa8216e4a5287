package dev.reprise.ktor

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.retry
import io.ktor.events.Events
import io.ktor.server.application.ApplicationStarted
import io.ktor.server.application.ApplicationStopped
import io.ktor.util.logging.Logger
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlin.time.Duration.Companion.seconds

/** Starts and stops a queue together with an application. */
internal class QueueLife(
    private val setup: QueueSetup,
    private val config: RepriseConfig,
    private val log: Logger,
) {
    private val scope =
        CoroutineScope(
            SupervisorJob() + config.dispatcher + CoroutineExceptionHandler { _, e -> log.error("the queue of Reprise does not run", e) },
        )

    fun follow(monitor: Events) {
        monitor.subscribe(ApplicationStarted) { start() }
        monitor.subscribe(ApplicationStopped) { stop() }
    }

    /** A schema that is wrong fails the start of the application; a store that does not respond does not. */
    private fun start() {
        try {
            runBlocking { open() }
        } catch (e: StoreUnavailableException) {
            log.warn("the store of Reprise does not respond: ${e.message}; durable calls run as soon as it does")
            scope.launch { untilStoreResponds { open() } }
        }
    }

    private suspend fun open() {
        (setup.store as? JdbcCallStore)?.takeIf { config.migrate }?.migrate()
        setup.queue.start(scope)
    }

    private fun stop() {
        runBlocking { setup.queue.shutdown(config.grace) }
        scope.cancel()
        setup.store.close()
    }

    private companion object {
        val untilStoreResponds =
            retry {
                on<StoreUnavailableException>()
                every(5.seconds)
                forever()
            }
    }
}
