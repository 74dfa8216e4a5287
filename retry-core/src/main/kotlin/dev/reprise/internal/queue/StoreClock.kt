package dev.reprise.internal.queue

import dev.reprise.internal.queue.events.QueueLogs
import dev.reprise.internal.util.ClockOffset
import dev.reprise.queue.spi.CallClock
import java.util.concurrent.atomic.AtomicLong
import java.util.function.LongSupplier
import kotlin.math.abs
import kotlin.time.Duration.Companion.milliseconds

/**
 * Compares the progress of the clock of a store with that of this process, whose [local] clock never jumps: the server can have been
 * replaced by one with another clock. For one thread at a time, except [jumps].
 */
internal class StoreClock(
    private val local: CallClock,
    private val times: LeaseTimes,
) {
    private val offset = ClockOffset()

    /** How many times the clock of the store has jumped. */
    val jumps = AtomicLong()

    /** Returns what the clock of the store is expected to show; null if it was never read. */
    fun expected(): LongSupplier? = offset.least?.let { ahead -> LongSupplier { local.millis() + ahead } }

    /** The clock of the store showed [shown] at some moment since [askedAt]; true if it has jumped. */
    fun read(
        shown: Long,
        askedAt: Long,
    ): Boolean {
        val jump = offset.read(shown, askedAt, local.millis())
        return (abs(jump) >= times.tolerance).also { if (it) report(jump) }
    }

    private fun report(jump: Long) {
        jumps.incrementAndGet()
        val way = if (jump > 0) "forward" else "back"
        QueueLogs.store.log(System.Logger.Level.WARNING) {
            "the clock of the store has jumped ${abs(
                jump,
            ).milliseconds} $way; for ${times.valid.milliseconds}, no worker is considered dead"
        }
    }
}
