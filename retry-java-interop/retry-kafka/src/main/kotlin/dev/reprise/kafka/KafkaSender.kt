package dev.reprise.kafka

import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import kotlinx.coroutines.future.await
import org.apache.kafka.clients.producer.KafkaProducer
import org.apache.kafka.clients.producer.Producer
import org.apache.kafka.clients.producer.ProducerRecord
import org.apache.kafka.common.serialization.ByteArraySerializer
import java.util.concurrent.CompletableFuture

/**
 * A target whose calls are records of the topic [topic], with text as their values. Its handler is that of a [KafkaSender]; its result is where the
 * record is, as `<topic>/<partition>/<offset>`. In Java: [KafkaSender.target].
 */
@JvmSynthetic
public fun kafkaTarget(topic: String): Target<String, String> = kafkaTarget(topic, PayloadCodec.Text)

/** A target whose calls are records of the topic [topic], with values that [codec] writes. */
@JvmSynthetic
public fun <Q> kafkaTarget(
    topic: String,
    codec: PayloadCodec<Q>,
): Target<Q, String> = Target("$TARGET$topic", codec, PayloadCodec.Text)

/**
 * Sends the calls of [kafkaTarget]s as records, so that a queue is the outbox of a topic: the call joins the transaction of the business data, and is
 * retried until the brokers have acknowledged its record.
 *
 * ```
 * val sender = KafkaSender(producerConfig)
 * val shipped = kafkaTarget("shipped")
 * val queue = RetryQueue.jdbc(dataSource) { handle(shipped) { sender.send(this) } }
 * queue.enqueue(connection, shipped, json) { orderKey = "customer/7" }      // the key of the record, too
 * ```
 *
 * The records of an order key are sent one after the other, each after the one before it was acknowledged. One that was acknowledged just before a
 * crash is sent again: consumers recognise it by its header `reprise-cid`.
 */
public class KafkaSender private constructor(
    private val producer: Producer<ByteArray?, ByteArray>,
) : AutoCloseable {
    /**
     * Connects with the settings of a `KafkaProducer`, [config]; records are acknowledged by all replicas that are in sync, and the client itself adds
     * no duplicates.
     *
     * @throws IllegalArgumentException if [config] sets `acks` to anything but `all`, switches `enable.idempotence` off, or sets serializers.
     */
    public constructor(config: Map<String, *>) : this(connect(config))

    /**
     * Sends the call of [context]: its request as the value, its order key as the key, its headers and its id. Returns where the record is.
     *
     * @throws org.apache.kafka.common.KafkaException if the brokers have not acknowledged it, which is a failure of the attempt.
     */
    @JvmSynthetic
    public suspend fun send(context: CallContext): String = sendAsync(context).await()

    /** The same as a future, for Java: `handleAsync(shipped, (context, json) -> sender.sendAsync(context))`. */
    public fun sendAsync(context: CallContext): CompletableFuture<String> {
        val call = context.call
        require(call.handler.startsWith(TARGET)) { "'${call.handler}' is no kafkaTarget: only the calls of one are sent to its topic" }
        val record = ProducerRecord(call.handler.removePrefix(TARGET), call.orderKey?.encodeToByteArray(), call.request.bytes)
        for ((name, value) in call.headers + (CID to call.cid)) record.headers().add(name, value.encodeToByteArray())
        val sent = CompletableFuture<String>()
        producer.send(record) { place, failure ->
            if (failure ==
                null
            ) {
                sent.complete("${place.topic()}/${place.partition()}/${place.offset()}")
            } else {
                sent.completeExceptionally(failure)
            }
        }
        return sent
    }

    /** Waits until what was sent is acknowledged, and closes the connections. */
    override fun close(): Unit = producer.close()

    public companion object {
        /** The header of a record that has the id of the call, the same in all its duplicates. */
        public const val CID: String = "reprise-cid"

        /** [kafkaTarget] for Java. */
        @JvmStatic
        public fun target(topic: String): Target<String, String> = kafkaTarget(topic)

        /** [kafkaTarget] for Java. */
        @JvmStatic
        public fun <Q> target(
            topic: String,
            codec: PayloadCodec<Q>,
        ): Target<Q, String> = kafkaTarget(topic, codec)

        private fun connect(config: Map<String, *>): Producer<ByteArray?, ByteArray> {
            val acks = config["acks"]?.toString() ?: "all"
            require(acks == "all" || acks == "-1") { "acks must be all, but was $acks: a record that one broker has can be lost; omit it" }
            require(config["enable.idempotence"]?.toString() != "false") {
                "enable.idempotence must not be false: the client would add duplicates, out of order; omit it"
            }
            for (name in listOf("key.serializer", "value.serializer")) {
                require(
                    config[name] == null,
                ) { "$name must not be set: keys are text, and the codec of the target writes the values; omit it" }
            }
            return KafkaProducer(
                config + mapOf("acks" to "all", "enable.idempotence" to true),
                ByteArraySerializer(),
                ByteArraySerializer(),
            )
        }
    }
}

private const val TARGET = "kafka/"
