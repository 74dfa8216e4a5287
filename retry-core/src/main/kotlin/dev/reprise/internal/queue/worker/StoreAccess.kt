package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.queueLog
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.spi.CallStore
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.milliseconds

/** The way to the store of everything that runs in the background: an outage slows the queue down and ends nothing. */
internal class StoreAccess(
    val store: CallStore,
) {
    /** What went wrong last, and since when nothing has gone right; null while the store answers. */
    @Volatile
    var outage: Outage? = null
        private set

    /** When the last outage was over; null if there was none. */
    @Volatile
    var backSince: Long? = null
        private set

    /** How often the store has failed to answer, or its answer was lost: after that nobody knows what it did. */
    val failures = AtomicLong()

    class Outage(
        val since: Long,
        val failure: Throwable,
    )

    /** Asks once. */
    suspend fun <T> once(ask: suspend CallStore.() -> T): T =
        try {
            store.ask().also { answered() }
        } catch (e: CancellationException) {
            throw e
        } catch (e: InvalidCallException) {
            // A refusal is an answer.
            answered()
            throw e
        } catch (e: Throwable) {
            failed(e)
            throw e
        }

    /** Asks once; null if that fails. */
    suspend fun <T : Any> orNull(ask: suspend CallStore.() -> T): T? =
        try {
            once(ask)
        } catch (e: Throwable) {
            currentCoroutineContext().ensureActive()
            null
        }

    /** Asks until there is an answer, ever more slowly. */
    suspend fun <T : Any> patiently(ask: suspend CallStore.() -> T): T {
        var wait = FIRST_WAIT
        while (true) {
            orNull(ask)?.let { return it }
            delay(wait.milliseconds)
            wait = minOf(wait * 2, LONGEST_WAIT)
        }
    }

    /** Nobody has waited for an answer of the store. */
    fun lostAnswer() {
        failures.incrementAndGet()
    }

    private fun answered() {
        if (outage == null) return
        outage = null
        backSince = store.clock.millis()
        queueLog.log(System.Logger.Level.INFO, "the store answers again")
    }

    private fun failed(failure: Throwable) {
        failures.incrementAndGet()
        val before = outage
        outage = Outage(before?.since ?: store.clock.millis(), failure)
        if (before == null) {
            queueLog.log(
                System.Logger.Level.WARNING,
                "the store does not answer; calls stay where they are and it is asked again until it does",
                failure,
            )
        }
    }

    private companion object {
        const val FIRST_WAIT = 50L
        const val LONGEST_WAIT = 5000L
    }
}
