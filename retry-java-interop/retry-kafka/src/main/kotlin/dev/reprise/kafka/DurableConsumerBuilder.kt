package dev.reprise.kafka

import dev.reprise.kafka.internal.ConsumerSettings
import dev.reprise.kafka.internal.TopicSettings
import dev.reprise.policy.RetryDsl
import dev.reprise.queue.model.Target
import org.apache.kafka.common.serialization.ByteArrayDeserializer
import java.util.function.Consumer
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** Configures a [DurableConsumer]. Kotlin sets properties, Java calls methods. */
@RetryDsl
public class DurableConsumerBuilder internal constructor() {
    private val topics = LinkedHashMap<String, TopicSettings<*, *>>()

    /**
     * How many calls of one key this process stores at most while they are held behind each other. Then it pauses the partition of the key, with a
     * warning, until there are fewer. Calls that were stored before this process started do not count. Default: 10,000.
     */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var maxHeldPerKey: Int = 10_000

    /**
     * How long the current record can take when the consumer stops or loses its partition; then its handler is cancelled, and the record is handled
     * again by the next owner. A rebalance waits no longer than half of `max.poll.interval.ms`. Default: 30 s.
     */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var grace: Duration = 30.seconds

    /** Sets [maxHeldPerKey]. */
    public fun maxHeldPerKey(calls: Int): DurableConsumerBuilder = apply { maxHeldPerKey = calls }

    /** Sets [grace]. */
    public fun grace(duration: JavaDuration): DurableConsumerBuilder = apply { grace = duration.toKotlinDuration() }

    /**
     * Handles the records of the topic [name] with the handler of [target], whose codec reads their values.
     *
     * @throws IllegalArgumentException if the topic is set already.
     */
    @JvmSynthetic
    public fun <Q, R> topic(
        name: String,
        target: Target<Q, R>,
        block: DurableTopic.() -> Unit,
    ) {
        require(name !in topics) { "the topic '$name' is set twice; one consumer handles it once" }
        topics[name] = DurableTopic().apply(block).build(name, target)
    }

    /** Handles the records of the topic [name] with the handler of [target], the Java form. */
    public fun <Q, R> topic(
        name: String,
        target: Target<Q, R>,
        block: Consumer<in DurableTopic>,
    ): DurableConsumerBuilder = apply { topic<Q, R>(name, target) { block.accept(this) } }

    /** Handles the records of the topic [name] with the handler of [target] and the default settings. */
    public fun <Q, R> topic(
        name: String,
        target: Target<Q, R>,
    ): DurableConsumerBuilder = apply { topic(name, target) {} }

    internal fun build(config: Map<String, *>): ConsumerSettings {
        require(topics.isNotEmpty()) { "a DurableConsumer needs a topic; call topic(name, target)" }
        require(maxHeldPerKey >= 1) { "maxHeldPerKey must be at least 1, but was $maxHeldPerKey" }
        require(grace.isPositive() && grace.isFinite()) { "grace must be positive and finite, but was $grace" }
        val group = config["group.id"]?.toString().orEmpty()
        require(group.isNotEmpty()) { "the configuration needs a group.id: offsets and order are kept by group" }
        require(config["enable.auto.commit"]?.toString() != "true") {
            "enable.auto.commit must not be true: offsets are committed when their records are handled or stored; omit it"
        }
        for (name in listOf("key.deserializer", "value.deserializer")) requireBytes(name, config[name])
        return ConsumerSettings(group, topics.toMap(), maxHeldPerKey, grace, config)
    }

    private fun requireBytes(
        name: String,
        value: Any?,
    ) {
        val type = (value as? Class<*>)?.name ?: value?.toString()
        require(type == null || type == ByteArrayDeserializer::class.java.name) {
            "$name must not be set, but was $type: the codec of the target reads the bytes of the value; omit it"
        }
    }
}
