package dev.reprise.ktor

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.retry
import io.ktor.events.Events
import io.ktor.server.application.ApplicationStarted
import io.ktor.server.application.ApplicationStopPreparing
import io.ktor.server.application.ApplicationStopped
import io.ktor.util.logging.Logger
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
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

    private var start: Job? = null
    private var stop: Job? = null

    fun follow(monitor: Events) {
        monitor.subscribe(ApplicationStarted) { start() }
        monitor.subscribe(ApplicationStopPreparing) { stopWorking() }
        monitor.subscribe(ApplicationStopped) { close() }
    }

    /** A schema that is wrong fails the start of the application; a store that does not respond does not. */
    private fun start() {
        try {
            runBlocking { open() }
        } catch (e: StoreUnavailableException) {
            log.warn("the store of Reprise does not respond: ${e.message}; durable calls run as soon as it does")
            start = scope.launch { untilStoreResponds { open() } }
        }
    }

    private suspend fun open() {
        (setup.store as? JdbcCallStore)?.takeIf { config.migrate }?.migrate()
        setup.queue.start(scope)
    }

    /** Beside the engine, which lets requests end. */
    private fun stopWorking() {
        stop =
            scope.launch(Dispatchers.IO) {
                start?.cancelAndJoin()
                setup.queue.stopWorking(config.grace)
            }
    }

    private fun close() {
        if (stop?.isActive == true) log.info("the requests have ended; handlers of durable calls still run, for at most ${config.grace}")
        runBlocking {
            stop?.join()
            setup.queue.shutdown(config.grace)
        }
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
