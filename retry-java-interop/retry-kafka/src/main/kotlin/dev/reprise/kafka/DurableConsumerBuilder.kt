package dev.reprise.kafka

import dev.reprise.kafka.internal.ConsumerSettings
import org.apache.kafka.common.serialization.ByteArrayDeserializer
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** Configures a [DurableConsumer]. Kotlin sets properties, Java calls methods. */
public class DurableConsumerBuilder internal constructor() : TopicsBuilder<DurableConsumerBuilder>() {
    /**
     * How long the current record can take when the consumer stops or loses its partition; then its handler is cancelled, and the record is handled
     * again by the next owner. A rebalance waits no longer than half of `max.poll.interval.ms`. Default: 30 s.
     */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var grace: Duration = 30.seconds

    /** Sets [grace]. */
    public fun grace(duration: JavaDuration): DurableConsumerBuilder = apply { grace = duration.toKotlinDuration() }

    override fun self(): DurableConsumerBuilder = this

    internal fun build(config: Map<String, *>): ConsumerSettings {
        require(grace.isPositive() && grace.isFinite()) { "grace must be positive and finite, but was $grace" }
        val group = config["group.id"]?.toString().orEmpty()
        require(group.isNotEmpty()) { "the configuration needs a group.id: offsets and order are kept by group" }
        require(config["enable.auto.commit"]?.toString() != "true") {
            "enable.auto.commit must not be true: offsets are committed when their records are handled or stored; omit it"
        }
        for (name in listOf("key.deserializer", "value.deserializer")) requireBytes(name, config[name])
        return ConsumerSettings(group, topics(), maxHeldPerKey, grace, config)
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
