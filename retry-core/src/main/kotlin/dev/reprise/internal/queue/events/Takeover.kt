package dev.reprise.internal.queue.events

import dev.reprise.internal.util.counted
import dev.reprise.queue.spi.CallStatus
import dev.reprise.queue.spi.SettleResult
import java.time.Instant
import java.util.concurrent.atomic.AtomicInteger

/** The calls of one dead worker that are taken over in one search: when all are written, one line says how many. */
internal class Takeover(
    nonce: String,
    /** One of the calls; null if it could not be read. */
    status: CallStatus?,
) {
    /** The name of the worker, if it is still known. */
    val name: String? = status?.worker

    /** The name of the worker; its nonce if the name is not known. */
    val label: String = name ?: nonce

    private val since = status?.leaseMillis?.let { Instant.ofEpochMilli(status.now + it) }

    /** One for the search itself. */
    private val open = AtomicInteger(1)
    private val taken = AtomicInteger()

    /** One more call is settled; [written] follows. */
    fun settling() {
        open.incrementAndGet()
    }

    fun written(result: SettleResult?) {
        if (result == SettleResult.ACCEPTED) taken.incrementAndGet()
        searched()
    }

    /** The search is over. */
    fun searched() {
        if (open.decrementAndGet() > 0 || taken.get() == 0) return
        val ended = since?.let { ", whose lease ended at $it" }.orEmpty()
        QueueLogs.workers.log(System.Logger.Level.WARNING) { "took over ${counted(taken.get(), "call")} of the worker '$label'$ended" }
    }
}
