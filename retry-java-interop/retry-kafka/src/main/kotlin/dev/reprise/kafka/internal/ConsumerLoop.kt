package dev.reprise.kafka.internal

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.run.StopSignal
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import org.apache.kafka.clients.consumer.CommitFailedException
import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener
import org.apache.kafka.clients.consumer.OffsetAndMetadata
import org.apache.kafka.common.KafkaException
import org.apache.kafka.common.TopicPartition
import org.apache.kafka.common.errors.RebalanceInProgressException
import org.apache.kafka.common.errors.RetriableException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource
import kotlin.time.toJavaDuration

/**
 * The life of a consumer, on a thread of its own, which alone calls it. Handlers and the store run beside it, in [handlers], at most one job at a
 * time; meanwhile this thread polls with all partitions paused, so that the group keeps its member, and its callbacks are called.
 *
 * A round: handle the records of a poll, store those to be deferred, commit. A round ends early before a record that failed behind a handled one of
 * its key. So whatever dies between storing and committing, all records of a key that were stored come again behind no handled one.
 */
internal class ConsumerLoop(
    private val settings: ConsumerSettings,
    queue: RetryQueue,
    private val consumer: Consumer<ByteArray?, ByteArray?>,
    private val handlers: CoroutineScope,
    private val stopping: StopSignal,
) : ConsumerRebalanceListener {
    private val polled = PolledRecords(RecordKeys(settings.group), settings.mostUncommitted)
    private val held = HeldKeys(queue, settings.maxHeldPerKey)
    private val handler = RecordHandler(settings, queue, polled, held, stopping)
    private val deferrals = Deferrals(settings.topics, queue, held)
    private val outage = Outage(settings.group)
    private val full = FullPartitions(settings)

    /** What runs now; a callback waits for it. */
    private var work: Work? = null
    private var isPaused = false
    private var isLeaving = false

    fun run() {
        try {
            consumer.subscribe(settings.topics.keys, this)
            while (!stopping.isStopped) turn()
        } finally {
            leave()
        }
    }

    private fun turn() {
        resume()
        polled.add(consumer.poll(IDLE.toJavaDuration()))
        while (polled.hasWaiting && !stopping.isStopped) {
            working { handler.handle(it) }
            settle()
            full.stop(consumer, polled.takeFull())
        }
    }

    private fun resume() {
        full.toCheck()?.let { (partition, record) ->
            var isFull = true
            working { isFull = held.isFull(checkNotNull(record.orderKey), others = 0) }
            if (!isFull) full.continues(partition)
            isPaused = true
        }
        if (isPaused) consumer.resume(consumer.assignment() - full.partitions)
        isPaused = false
    }

    /** Stores what is deferred, and commits what was dealt with; returns when both is done, or this is stopping, or has lost the partitions. */
    private fun settle() {
        while (polled.deferrals().isNotEmpty()) {
            // A member that the group takes for dead fails here: what it stores then can be handled by another one already.
            if (!commit { polled.starts() }) return
            working { store() }
            if (stopping.isStopped) break
        }
        if (polled.deferrals().isEmpty() && commit { polled.ends() }) polled.committed()
    }

    private suspend fun store() = deferrals.store(polled.deferrals(), polled::stored)

    /** False if this is stopping. */
    private fun commit(offsets: () -> Map<TopicPartition, OffsetAndMetadata>): Boolean {
        while (!commitOnce(offsets())) {
            if (stopping.isStopped) return false
            idle(IDLE)
        }
        return true
    }

    /** False if the group has no time for it now, or has lost its member: a poll shows which. */
    private fun commitOnce(offsets: Map<TopicPartition, OffsetAndMetadata>): Boolean {
        if (offsets.isEmpty()) return true
        try {
            consumer.commitSync(offsets, COMMIT_LIMIT.toJavaDuration())
            return true
        } catch (e: KafkaException) {
            if (e !is RetriableException && e !is RebalanceInProgressException && e !is CommitFailedException) throw e
            log.log(System.Logger.Level.DEBUG, "group=${settings.group} cannot commit now", e)
            return false
        }
    }

    /** Runs [body], and waits for it with the partitions paused; after a failure of the store it waits before it returns. */
    private fun working(body: suspend (StopSignal) -> Unit) {
        val work = Work(handlers, body).also { work = it }
        try {
            while (!work.await(KEEP_ALIVE)) {
                if (stopping.isStopped && work.finish(settings.grace)) break
                if (stopping.isStopped) return
                keepMembership()
            }
            work.result()
            outage.ended()
        } catch (e: StoreUnavailableException) {
            idle(outage.failed(e))
        } catch (e: CancellationException) {
            log.log(
                System.Logger.Level.WARNING,
                "group=${settings.group} a handler took longer than ${settings.patience} and was cancelled",
                e,
            )
        }
    }

    private fun keepMembership() {
        isPaused = true
        consumer.pause(consumer.assignment())
        polled.add(consumer.poll(NOW))
    }

    private fun idle(time: Duration) {
        val end: TimeMark = TimeSource.Monotonic.markNow() + time
        while (end.hasNotPassedNow() && !stopping.isStopped) {
            isPaused = true
            consumer.pause(consumer.assignment())
            polled.add(consumer.poll(KEEP_ALIVE.toJavaDuration()))
        }
    }

    override fun onPartitionsAssigned(partitions: Collection<TopicPartition>) {
        polled.assigned(partitions)
        if (isPaused) consumer.pause(partitions)
    }

    override fun onPartitionsRevoked(partitions: Collection<TopicPartition>) {
        if (partitions.isEmpty() || isLeaving) return
        if (work?.finish(settings.patience) != false) flush()
        forget(partitions)
    }

    override fun onPartitionsLost(partitions: Collection<TopicPartition>) {
        work?.stop()
        forget(partitions)
    }

    private fun forget(partitions: Collection<TopicPartition>) {
        polled.forget(partitions)
        full.forget(partitions)
    }

    /** Stores and commits, once; what fails is handled again by the next owner. */
    private fun flush() {
        try {
            if (polled.deferrals().isNotEmpty()) {
                if (!commitOnce(polled.starts())) return
                val storing = Work(handlers) { store() }
                if (!storing.finish(settings.patience)) return
                storing.result()
            }
            if (commitOnce(polled.ends())) polled.committed()
        } catch (e: Exception) {
            log.log(System.Logger.Level.WARNING, "group=${settings.group} cannot store what failed; the next owner handles it again", e)
        }
    }

    private fun leave() {
        flush()
        isLeaving = true
        consumer.close()
    }

    private companion object {
        val IDLE = 100.milliseconds
        val KEEP_ALIVE = 100.milliseconds
        val COMMIT_LIMIT = 5.seconds
        val NOW: java.time.Duration = java.time.Duration.ZERO
    }
}
