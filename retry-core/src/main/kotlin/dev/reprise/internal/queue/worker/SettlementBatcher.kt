package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.queueLog
import dev.reprise.internal.util.LARGEST_BATCH_BYTES
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlin.time.Duration.Companion.milliseconds

/**
 * Writes settlements, many in one transaction: while one batch is written, the next one gathers, and on a shared store for at least
 * [BETWEEN_WRITES]. A settlement that comes alone does not wait. A batch that fails is written again until it is accepted; if the store
 * rejects one of its rows, the others are written without it.
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

    /** Writes [settlement] and calls [onSettled] with the result; null if it cannot be written. */
    fun submit(
        settlement: Settlement,
        onSettled: (SettleResult?) -> Unit,
    ) {
        if (entries.trySend(Entry(settlement, onSettled)).isFailure) onSettled(null)
    }

    /** Ends [run] when everything submitted is written. */
    fun close() {
        entries.close()
    }

    suspend fun run() {
        var lastOfMany: Long? = null
        for (first in entries) {
            lastOfMany?.let { delay(BETWEEN_WRITES - (clock.millis() - it).milliseconds) }
            val batch = batchOf(first)
            lastOfMany = if (access.store.isShared && batch.size > 1) clock.millis() else null
            write(batch)
        }
    }

    private fun batchOf(first: Entry): List<Entry> {
        val batch = arrayListOf(first)
        var bytes = first.settlement.bytes
        while (batch.size < LARGEST && bytes < LARGEST_BATCH_BYTES) {
            val next = entries.tryReceive().getOrNull() ?: break
            batch += next
            bytes += next.settlement.bytes
        }
        return batch
    }

    private suspend fun write(batch: List<Entry>) {
        if (writePatiently(batch)) return
        if (batch.size == 1) abandon(batch.single()) else batch.chunked((batch.size + 1) / 2).forEach { write(it) }
    }

    /** False if the store responds, and rejects this [batch], or if it failed twice and can be halved: it can be too large. */
    private suspend fun writePatiently(batch: List<Entry>): Boolean {
        var wait = FIRST_WAIT
        var rejections = 0
        var failures = 0
        while (true) {
            try {
                return true.also { writeOnce(batch) }
            } catch (e: Throwable) {
                currentCoroutineContext().ensureActive()
                if (e !is StoreUnavailableException && ++rejections >= REJECTIONS) return false
                if (++failures >= FAILURES && batch.size > 1) return false
            }
            delay(wait.milliseconds)
            wait = minOf(wait * 2, LONGEST_WAIT)
        }
    }

    private fun abandon(entry: Entry) {
        queueLog.log(
            System.Logger.Level.ERROR,
            "call=${entry.settlement.call.cid} handler=${entry.settlement.call.handler}: the store rejects its end as ${entry.settlement.to}",
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
        const val REJECTIONS = 3
        const val FAILURES = 2
        const val FIRST_WAIT = 50L
        const val LONGEST_WAIT = 5000L
    }
}

/** What it takes in a batch, roughly. */
private val Settlement.bytes: Long
    get() =
        (response?.bytes?.size ?: 0) +
            callbacks.sumOf {
                it.payload.bytes.size
                    .toLong()
            } + (error?.message?.length ?: 0)
