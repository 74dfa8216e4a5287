package dev.reprise.kafka.spring

import dev.reprise.kafka.DurableTopic
import dev.reprise.kafka.TopicsBuilder
import dev.reprise.kafka.internal.spring.ContainerSettings
import dev.reprise.kafka.internal.spring.RecordBytes
import dev.reprise.queue.RetryQueue
import org.apache.kafka.common.serialization.Serializer

/**
 * Configures a [DurableRecoverer]. The values of a topic can be bytes, text, or what the codec of its target can write; its keys bytes, text, numbers
 * or UUIDs.
 */
public class DurableRecovererBuilder internal constructor() : TopicsBuilder<DurableRecovererBuilder>() {
    private var keySerializer: Serializer<Any>? = null

    /** Writes keys of other types with [serializer], which must be the one that their producers use. */
    @Suppress("UNCHECKED_CAST")
    public fun keySerializer(serializer: Serializer<*>): DurableRecovererBuilder = apply { keySerializer = serializer as Serializer<Any> }

    override fun self(): DurableRecovererBuilder = this

    override fun validate(topic: DurableTopic) {
        require(!topic.hasInPlace) { "the attempts in place are those of the error handler; omit inPlace, and call errorHandler(backOff)" }
    }

    internal fun build(queue: RetryQueue) = ContainerSettings(queue, topics(), maxHeldPerKey, RecordBytes(keySerializer))
}
