package dev.reprise.kafka.kill

import kotlinx.coroutines.delay
import org.apache.kafka.clients.producer.KafkaProducer
import org.apache.kafka.clients.producer.ProducerRecord
import org.apache.kafka.common.serialization.StringSerializer
import java.util.concurrent.ConcurrentSkipListMap
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/** The records of a soak: of sixty keys, one in ten fails up to three times. */
internal class SoakRecords(
    private val brokers: String,
    private val topic: String,
    private val partitions: Int,
    private val random: Random,
) {
    /** Partition and offset of each record, in the order of the offsets, with its key. */
    private val sent = ConcurrentSkipListMap<Pair<Int, Long>, String>(compareBy({ it.first }, { it.second }))

    /** The key of each record, by `<topic>/<partition>/<offset>`, in the order of the offsets. */
    val keys: Map<String, String> get() = sent.entries.associate { (place, key) -> "$topic/${place.first}/${place.second}" to key }

    /** The offset of the last record of each partition. */
    val last: Map<Int, Long> get() = (0 until partitions).mapNotNull { sent.floorKey(it to Long.MAX_VALUE) }.toMap()

    /** Sends records while there is [room] for them, until it is cancelled. */
    suspend fun send(room: () -> Boolean) {
        val config = mapOf<String, Any>("bootstrap.servers" to brokers, "acks" to "all", "enable.idempotence" to true)
        KafkaProducer(config, StringSerializer(), StringSerializer()).use { producer ->
            var number = 0
            while (true) {
                if (room()) send(producer, number++)
                delay(PACE)
            }
        }
    }

    private fun send(
        producer: KafkaProducer<String, String>,
        number: Int,
    ) {
        val key = random.nextInt(KEYS)
        val failures = if (random.nextInt(FAILING_OF) == 0) 1 + random.nextInt(MOST_FAILURES) else 0
        producer.send(ProducerRecord(topic, key % partitions, "$key", "$key $number $failures")) { place, failure ->
            if (failure == null) sent[place.partition() to place.offset()] = "$key"
        }
    }

    private companion object {
        const val KEYS = 60
        const val FAILING_OF = 10
        const val MOST_FAILURES = 3
        val PACE = 5.milliseconds
    }
}
