package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.StackTraces
import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.internal.queue.events.QueueLogs
import dev.reprise.internal.util.LimitedLog
import dev.reprise.internal.util.describe
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.spi.CallStore
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.milliseconds

/** Access to the store for everything that runs in the background: an outage slows the queue down and ends nothing. */
internal class StoreAccess(
    val store: CallStore,
    private val events: QueueEvents,
) {
    /** The last failure, and since when nothing has succeeded; null while the store responds. */
    @Volatile
    var outage: Outage? = null
        private set

    private val log = LimitedLog(QueueLogs.store, System.Logger.Level.WARNING, "outages")

    /** How many responses of the store were lost: after that it is unknown what the store did. */
    val failures = AtomicLong()

    class Outage(
        val since: Long,
        val failure: Throwable,
        val isLogged: Boolean,
    )

    /** Calls the store once. */
    suspend fun <T> once(operation: suspend CallStore.() -> T): T =
        try {
            store.operation().also { responded() }
        } catch (e: CancellationException) {
            throw e
        } catch (e: InvalidCallException) {
            // A rejection is a response.
            responded()
            throw e
        } catch (e: Throwable) {
            failed(e)
            throw e
        }

    /** Calls the store once; null if that fails. */
    suspend fun <T : Any> orNull(operation: suspend CallStore.() -> T): T? =
        try {
            once(operation)
        } catch (e: Throwable) {
            currentCoroutineContext().ensureActive()
            null
        }

    /** Calls the store until it responds, with growing delays. */
    suspend fun <T : Any> patiently(operation: suspend CallStore.() -> T): T {
        var wait = FIRST_WAIT
        while (true) {
            orNull(operation)?.let { return it }
            delay(wait.milliseconds)
            wait = minOf(wait * 2, LONGEST_WAIT)
        }
    }

    /** The response of the store was lost. */
    fun responseLost() {
        failures.incrementAndGet()
    }

    private fun responded() {
        val over = outage ?: return
        outage = null
        val lasted = (store.clock.millis() - over.since).milliseconds
        if (over.isLogged) QueueLogs.store.log(System.Logger.Level.INFO) { "the store responds again, after $lasted" }
        events.storeBack(lasted)
    }

    private fun failed(failure: Throwable) {
        failures.incrementAndGet()
        val before = outage
        outage = Outage(before?.since ?: store.clock.millis(), failure, before?.isLogged ?: logged(failure))
        if (before == null) events.storeDown(failure)
    }

    private fun logged(failure: Throwable): Boolean =
        log.write("the store", failure.javaClass.name, StackTraces.excerpt(failure)) {
            "the store does not respond; it is called until it does: ${failure.describe()}"
        }

    /** To be called once a minute, and at the end. */
    fun endMinute(): Unit = log.endMinute()

    private companion object {
        const val FIRST_WAIT = 50L
        const val LONGEST_WAIT = 5000L
    }
}
