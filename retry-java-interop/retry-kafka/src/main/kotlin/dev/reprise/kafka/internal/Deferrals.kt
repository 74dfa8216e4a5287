package dev.reprise.kafka.internal

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.Target
import kotlin.time.Duration.Companion.days

/** Stores records as calls, and notes in [held] which. */
internal class Deferrals(
    private val topics: Map<String, TopicSettings<*, *>>,
    private val queue: RetryQueue,
    private val held: HeldKeys,
) {
    /**
     * Stores [deferrals]: those of one target in one transaction, in the order of their offsets, and calls [onStored] after each. Storing a record
     * again makes the same call of it, for a week after that has ended.
     */
    suspend fun store(
        deferrals: List<Deferral>,
        onStored: (List<Deferral>) -> Unit = {},
    ) {
        var rest = deferrals
        while (rest.isNotEmpty()) {
            val target = targetOf(rest.first())
            val run = rest.takeWhile { targetOf(it) === target }
            store(target, run)
            onStored(run)
            held.stored(run) { topicOf(it).onDeadPredecessor }
            rest = rest.drop(run.size)
        }
    }

    private suspend fun <R> store(
        target: Target<Deferral, R>,
        run: List<Deferral>,
    ) {
        try {
            queue.enqueueAll(target, run) { options(it) }
        } catch (e: InvalidCallException) {
            val records = "the records from ${run.first().polled} to ${run.last().polled} cannot all be calls"
            throw e.apply { addSuppressed(IllegalStateException(records)) }
        }
    }

    private fun CallOptions.options(deferral: Deferral) {
        val topic = topicOf(deferral)
        identify(deferral.polled)
        uniqueFor = KEPT
        onDeadPredecessor = topic.onDeadPredecessor
        topic.policy?.let { policy(it) }
        deferral.failure?.let { firstFailure(it) }
    }

    private fun topicOf(deferral: Deferral) = topics.getValue(deferral.record.topic())

    private fun targetOf(deferral: Deferral): Target<Deferral, *> =
        topicOf(deferral).let { if (deferral.record.value() == null) it.tombstones else it.values }

    private companion object {
        /** Longer than a consumer is down before it gets again what it has not committed. */
        val KEPT = 7.days
    }
}

/** Sets what a handler sees of the record, in place and later. */
internal fun CallOptions.identify(polled: Polled) {
    uniqueKey = polled.uniqueKey
    orderKey = polled.orderKey
    title = polled.toString()
    RecordHeaders.of(polled.record).forEach { (name, value) -> header(name, value) }
}
