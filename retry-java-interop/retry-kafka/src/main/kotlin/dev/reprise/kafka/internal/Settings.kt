package dev.reprise.kafka.internal

import dev.reprise.RetryPolicy
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** What a consumer was configured with. */
internal class ConsumerSettings(
    val group: String,
    val topics: Map<String, TopicSettings<*, *>>,
    val maxHeldPerKey: Int,
    val grace: Duration,
    config: Map<String, *>,
) {
    /** How long a rebalance waits for the current record: the group takes a member for dead that has not polled for twice as long. */
    val patience: Duration = minOf(grace, number(config, "max.poll.interval.ms", 300_000).milliseconds / 2)

    /**
     * How many records of a new partition can have been stored by a former owner that died before it committed: as many as one poll returns. The
     * former owner can have had another setting, most likely the default one.
     */
    val mostUncommitted: Int = maxOf(number(config, "max.poll.records", DEFAULT_POLL), DEFAULT_POLL)

    private fun number(
        config: Map<String, *>,
        name: String,
        default: Int,
    ) = config[name]?.toString()?.toInt() ?: default

    private companion object {
        const val DEFAULT_POLL = 500
    }
}

/** How the records of one topic are handled. */
internal class TopicSettings<Q, R>(
    val name: String,
    val target: Target<Q, R>,
    val inPlace: RetryPolicy,
    val policy: RetryPolicy?,
    val onDeadPredecessor: OnDeadPredecessor,
) {
    /** Takes the value of a record byte for byte, whether or not the codec of the handler can read it. */
    val values: Target<Deferral, R> = target.withRequests(ValueCodec(target.request.name))

    /** A record without a value is no value of any codec: each attempt fails with a message that names this one. */
    val tombstones: Target<Deferral, R> = target.withRequests(ValueCodec("tombstone"))

    /** @throws Exception if the codec cannot read [value], or there is none. */
    fun decode(value: ByteArray?): Q {
        requireNotNull(value) { "the record has no value (a tombstone), which the handler of '${target.name}' cannot read" }
        return target.request.decode(value, target.version)
    }
}

private class ValueCodec(
    override val name: String,
) : PayloadCodec<Deferral> {
    override fun encode(value: Deferral): ByteArray = value.record.value() ?: ByteArray(0)

    override fun decode(
        bytes: ByteArray,
        version: Int,
    ): Deferral = throw UnsupportedOperationException("calls are read by the codec of their handler")
}
