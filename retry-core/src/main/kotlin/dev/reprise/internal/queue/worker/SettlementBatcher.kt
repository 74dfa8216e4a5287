package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.queueLog
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlin.time.Duration.Companion.milliseconds

/**
 * Writes how claims ended, many in one transaction: while one batch is written, the next one gathers, and in a store of many processes for
 * [BETWEEN_WRITES] at least. An end that comes alone is not kept waiting. A batch that fails is written again until it is; if the fault
 * lies in one of its rows, the others are written without it.
 */
internal class SettlementBatcher(
    private val access: StoreAccess,
    private val onStale: (Settlement) -> Unit,
) {
    private class Entry(
        val settlement: Settlement,
        val onSettled: (SettleResult?) -> Unit,
    )

    private val clock = access.store.clock
    private val entries = Channel<Entry>(Channel.UNLIMITED)

    /** Has [settlement] written; [onSettled] is told the result, or null if it is not going to be written. */
    fun submit(
        settlement: Settlement,
        onSettled: (SettleResult?) -> Unit,
    ) {
        if (entries.trySend(Entry(settlement, onSettled)).isFailure) onSettled(null)
    }

    /** Ends [run] once all that was submitted is written. */
    fun close() {
        entries.close()
    }

    suspend fun run() {
        var lastOfMany: Long? = null
        for (first in entries) {
            lastOfMany?.let { delay(BETWEEN_WRITES - (clock.millis() - it).milliseconds) }
            val batch = arrayListOf(first)
            while (batch.size < LARGEST) batch += entries.tryReceive().getOrNull() ?: break
            lastOfMany = if (access.store.isShared && batch.size > 1) clock.millis() else null
            write(batch)
        }
    }

    private suspend fun write(batch: List<Entry>) {
        if (writePatiently(batch)) return
        if (batch.size == 1) abandon(batch.single()) else batch.forEach { write(listOf(it)) }
    }

    /** False if the store does answer, and refuses this [batch]. */
    private suspend fun writePatiently(batch: List<Entry>): Boolean {
        var wait = FIRST_WAIT
        var refusals = 0
        while (true) {
            try {
                return true.also { writeOnce(batch) }
            } catch (e: Throwable) {
                currentCoroutineContext().ensureActive()
                if (e !is StoreUnavailableException && ++refusals >= REFUSALS) return false
            }
            delay(wait.milliseconds)
            wait = minOf(wait * 2, LONGEST_WAIT)
        }
    }

    private fun abandon(entry: Entry) {
        queueLog.log(
            System.Logger.Level.ERROR,
            "the store refuses that call ${entry.settlement.call.cid} ended its claim as ${entry.settlement.to}: that is not written",
        )
        entry.onSettled(null)
    }

    private suspend fun writeOnce(batch: List<Entry>) {
        val results = access.once { settle(batch.map { it.settlement }) }
        batch.forEachIndexed { i, entry ->
            if (results[i] == SettleResult.STALE) onStale(entry.settlement)
            entry.onSettled(results[i])
        }
    }

    private companion object {
        const val LARGEST = 400
        val BETWEEN_WRITES = 5.milliseconds
        const val REFUSALS = 3
        const val FIRST_WAIT = 50L
        const val LONGEST_WAIT = 5000L
    }
}
