package dev.reprise.kafka.internal.spring

import dev.reprise.kafka.internal.Deferral
import dev.reprise.kafka.internal.Deferrals
import dev.reprise.kafka.internal.HeldKeys
import dev.reprise.kafka.internal.Outage
import dev.reprise.kafka.internal.Polled
import dev.reprise.kafka.internal.RecordKeys
import dev.reprise.queue.model.StoreUnavailableException
import kotlinx.coroutines.runBlocking
import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.apache.kafka.common.TopicPartition
import org.apache.kafka.common.errors.InterruptException
import kotlin.time.Duration.Companion.seconds

/** One consumer of a container. Used by its thread alone. */
internal class ContainerMember(
    private val settings: ContainerSettings,
    group: String,
) {
    private val keys = RecordKeys(group)
    private val held = HeldKeys(settings.queue, settings.maxHeldPerKey)
    private val deferrals = Deferrals(settings.topics, settings.queue, held)
    private val looks = KeyLooks(settings.queue, held)
    private val doubts = Doubts()
    private val confirmations = Confirmations()
    private val outage = Outage(group)

    /** True after its container has shown that its error handler is ours. */
    var hasErrorHandler = false
        private set

    /** True after the error handler has seen that its container is of a kind whose records can be stored. */
    var isChecked = false

    /** Its container has got [partitions]. */
    fun assigned(partitions: Collection<TopicPartition>) {
        hasErrorHandler = true
        doubts.assigned(partitions)
        confirmations.forget(partitions)
        looks.forget()
    }

    /** True if [record] is a call, before or now; then its listener must not see it. */
    fun takes(
        record: ConsumerRecord<*, *>,
        consumer: Consumer<*, *>,
    ): Boolean =
        blocking(record) {
            settings.topic(record.topic())
            val polled = Polled(settings.bytes.keyOf(record), keys, doubts.isDoubtful(record))
            val orderKey = polled.orderKey
            when {
                orderKey != null && looks.isLive(orderKey) -> true.also { putBehind(record, consumer) }
                polled.isDoubtful && settings.queue.findUnique(polled.uniqueKey) != null -> true
                else -> false.also { confirmations.handedOver(polled.partition) }
            }
        }

    private suspend fun putBehind(
        record: ConsumerRecord<*, *>,
        consumer: Consumer<*, *>,
    ) {
        if (!isChecked) throw UncheckedContainerException()
        defer(record, consumer, null)
    }

    /** Stores [record], whose last attempt has ended with [failure]; null if there was none. */
    fun store(
        record: ConsumerRecord<*, *>,
        consumer: Consumer<*, *>,
        failure: Throwable?,
    ) = blocking(record) { defer(record, consumer, failure) }

    private suspend fun defer(
        record: ConsumerRecord<*, *>,
        consumer: Consumer<*, *>,
        failure: Throwable?,
    ) {
        val polled = Polled(settings.bytes.of(record, settings.topic(record.topic())), keys, isDoubtful = false)
        val orderKey = polled.orderKey
        if (orderKey != null && held.isFull(orderKey, others = 0)) throw KeyIsFullException(orderKey, settings.maxHeldPerKey)
        confirmations.confirm(consumer, polled.partition, record.offset())
        deferrals.store(listOf(Deferral(polled, failure)))
        orderKey?.let { looks.deferred(it) }
    }

    /** The thread of the container waits; a store that is down keeps it a little, so that the container does not spin. */
    private fun <T> blocking(
        record: ConsumerRecord<*, *>,
        body: suspend () -> T,
    ): T =
        try {
            runBlocking { body() }.also { outage.ended() }
        } catch (e: InterruptedException) {
            throw InterruptException(e)
        } catch (e: StoreUnavailableException) {
            pause(outage.failed(e).coerceAtMost(LONGEST_PAUSE).inWholeMilliseconds)
            throw NotStoredException(record, e)
        } catch (e: KeyIsFullException) {
            pause(LONGEST_PAUSE.inWholeMilliseconds)
            throw NotStoredException(record, e)
        } catch (e: RuntimeException) {
            throw NotStoredException(record, e)
        }

    private fun pause(millis: Long) =
        try {
            Thread.sleep(millis)
        } catch (e: InterruptedException) {
            throw InterruptException(e)
        }

    private companion object {
        /** A fraction of the time after which a group takes a member for dead. */
        val LONGEST_PAUSE = 1.seconds
    }
}
