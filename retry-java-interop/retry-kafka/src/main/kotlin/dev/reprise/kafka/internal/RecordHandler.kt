package dev.reprise.kafka.internal

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallFailedException
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.run.StopSignal
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive

/** Handles the records that wait: one after the other, in place, or as calls behind those of the same key. */
internal class RecordHandler(
    private val settings: ConsumerSettings,
    private val queue: RetryQueue,
    private val polled: PolledRecords,
    private val held: HeldKeys,
    private val stopping: StopSignal,
) {
    /**
     * Returns when none waits any more, when [stop] is triggered or the consumer is stopping, or when what was handled has to be committed before it
     * continues.
     */
    suspend fun handle(stop: StopSignal) {
        val live = lookUp()
        while (!stop.isStopped && !stopping.isStopped) {
            // One that was polled meanwhile is for the next round.
            val record = polled.next()?.takeIf { it.isLookedUp } ?: return
            if (!handle(record, live)) return
        }
    }

    /** Returns the order keys with live calls, and marks the records that are calls already. */
    private suspend fun lookUp(): Set<String> {
        val waiting = polled.waiting()
        val keys = waiting.mapNotNullTo(HashSet()) { it.orderKey } + held.some(KEYS_CHECKED)
        val live = if (keys.isEmpty()) emptySet() else queue.liveOrderKeys(keys)
        held.drained(keys - live)
        // A call can have ended since its record was stored; then the order is empty, and its unique key is all that is left of it.
        waiting.filter { it.isDoubtful && it.orderKey !in live }.chunked(LOOKED_UP).forEach { lookUp(it) }
        waiting.forEach {
            it.isDoubtful = false
            it.isLookedUp = true
        }
        return live
    }

    private suspend fun lookUp(doubtful: List<Polled>) =
        coroutineScope {
            doubtful.map { async { it.isStored = queue.findUnique(it.uniqueKey) != null } }.awaitAll()
        }

    /** False if what was handled has to be committed first. */
    private suspend fun handle(
        record: Polled,
        live: Set<String>,
    ): Boolean {
        val earlier = polled.failureOf(record)
        if (earlier != null || record.isStored || record.orderKey in live || polled.isBehindDeferred(record)) return defer(record, earlier)
        val failure = attempt(record, settings.topics.getValue(record.record.topic()))
        if (failure == null) {
            polled.handled(record)
        } else if (polled.isBehindHandled(record)) {
            polled.failed(record, failure)
            return false
        } else {
            defer(record, failure)
        }
        return true
    }

    private suspend fun defer(
        record: Polled,
        failure: Throwable?,
    ): Boolean {
        val key = record.orderKey
        val isFull = key != null && held.isFull(key, polled.deferredOf(key))
        if (isFull) polled.full(record) else polled.deferred(record, failure)
        return true
    }

    /** Returns the failure of the last attempt; null if the record was handled. */
    private suspend fun <Q, R> attempt(
        record: Polled,
        topic: TopicSettings<Q, R>,
    ): Throwable? {
        val request =
            try {
                topic.decode(record.record.value())
            } catch (e: Exception) {
                return e
            }
        return try {
            queue.invoke(topic.target, request, topic.inPlace) { identify(record) }
            null
        } catch (e: CallFailedException) {
            currentCoroutineContext().ensureActive()
            e.causes.lastOrNull() ?: e
        } catch (e: InvalidCallException) {
            throw e.apply { addSuppressed(IllegalStateException("the record $record cannot be a call")) }
        }
    }

    private companion object {
        /** How many of the keys that this process has deferred are looked up with each poll, whether or not they come again. */
        const val KEYS_CHECKED = 50

        /** How many unique keys are looked up at the same time. */
        const val LOOKED_UP = 8
    }
}
