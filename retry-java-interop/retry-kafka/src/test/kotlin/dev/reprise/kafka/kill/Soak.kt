package dev.reprise.kafka.kill

import dev.reprise.kafka.Postgres
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.StoreUnavailableException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import org.apache.kafka.clients.producer.KafkaProducer
import org.apache.kafka.clients.producer.ProducerRecord
import org.apache.kafka.common.serialization.StringSerializer
import java.io.File
import java.util.concurrent.ConcurrentSkipListMap
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What happened in a soak run, and what was wrong with it. */
internal data class SoakReport(
    val records: Int,
    val calls: Int,
    val kills: Int,
    val leaves: Int,
    val brokerRestarts: Int,
    val databaseRestarts: Int,
    val rebalances: Int,
    val repetitions: Int,
    val faults: List<String>,
)

/** Consumers that are killed and that leave, brokers and a database that are restarted, all at random moments, while records come. */
internal class Soak(
    private val cluster: Cluster,
    private val postgres: Postgres,
    private val folder: File,
    private val random: Random,
) {
    private val log = HandlerLog(folder.toPath().resolve("handled"))

    /** Partition and offset of each record, in the order of the offsets, with its key. */
    private val records = ConcurrentSkipListMap<Pair<Int, Long>, String>(compareBy({ it.first }, { it.second }))
    private val processes = arrayOfNulls<Process>(CONSUMERS)
    private val names = arrayOfNulls<String>(CONSUMERS)
    private var starts = 0
    private var kills = 0
    private var leaves = 0
    private var brokerRestarts = 0
    private var databaseRestarts = 0

    suspend fun run(time: Duration): SoakReport =
        coroutineScope {
            cluster.topic(TOPIC, PARTITIONS)
            val producer = launch(Dispatchers.IO) { produce() }
            processes.indices.forEach { revive(it) }
            val trouble = trouble()
            delay(time)
            trouble.forEach { it.cancelAndJoin() }
            producer.cancelAndJoin()
            processes.indices.forEach { revive(it) }
            val queue = RetryQueue.on(killedStore(postgres.url))
            try {
                val end = withTimeoutOrNull(5.minutes + time) { while (unfinished(queue).isNotEmpty()) delay(200.milliseconds) }
                report(queue, if (end == null) unfinished(queue) else emptyList())
            } finally {
                processes.forEach { it?.destroyForcibly()?.waitFor() }
            }
        }

    private fun CoroutineScope.trouble(): List<Job> =
        listOf(
            launch(Dispatchers.IO) { every(400.milliseconds, 2.seconds) { endOne() } },
            launch(Dispatchers.IO) {
                every(5.seconds, 15.seconds) {
                    cluster.restart(random.nextInt(Cluster.BROKERS))
                    brokerRestarts++
                }
            },
            launch(Dispatchers.IO) { every(10.seconds, 30.seconds) { restartDatabase() } },
        )

    private suspend fun every(
        shortest: Duration,
        longest: Duration,
        body: suspend () -> Unit,
    ) {
        while (true) {
            delay(random.nextLong(shortest.inWholeMilliseconds, longest.inWholeMilliseconds).milliseconds)
            // What was stopped is started again.
            withContext(NonCancellable) { body() }
        }
    }

    /** Kills a consumer that has handled a record, or asks it to leave; another one comes. */
    private fun endOne() {
        val number = random.nextInt(CONSUMERS)
        val process = processes[number] ?: return
        if (process.isAlive && !File(folder, "${names[number]}.works").exists()) return
        if (random.nextInt(4) == 0) {
            process.destroy()
            leaves++
        } else {
            process.destroyForcibly()
            kills++
        }
        process.waitFor()
        revive(number)
    }

    @Synchronized
    private fun revive(number: Int) {
        if (processes[number]?.isAlive == true) return
        val name = "c${starts++}"
        names[number] = name
        processes[number] = startKilled(cluster.address, TOPIC, folder, postgres.url, name)
    }

    private suspend fun restartDatabase() {
        log.write(KillChecker.RESTART)
        postgres.kill()
        delay(random.nextLong(0, 2_000).milliseconds)
        postgres.startAgain()
        log.write(KillChecker.RESTART)
        databaseRestarts++
    }

    /** Records of sixty keys, of which one in ten fails up to three times. */
    private suspend fun produce() {
        val config = mapOf<String, Any>("bootstrap.servers" to cluster.address, "acks" to "all", "enable.idempotence" to true)
        KafkaProducer(config, StringSerializer(), StringSerializer()).use { producer ->
            var number = 0
            while (true) {
                val key = random.nextInt(60)
                val failures = if (random.nextInt(10) == 0) 1 + random.nextInt(3) else 0
                producer.send(ProducerRecord(TOPIC, key % PARTITIONS, "$key", "$key ${number++} $failures")) { place, failure ->
                    if (failure == null) records[place.partition() to place.offset()] = "$key"
                }
                delay(5.milliseconds)
            }
        }
    }

    /** What is not committed, and the calls that have not ended. */
    private suspend fun unfinished(queue: RetryQueue): List<String> {
        val offsets =
            cluster.admin
                .listConsumerGroupOffsets(KILLED_GROUP)
                .partitionsToOffsetAndMetadata()
                .get()
                .entries
                .associate { (partition, offset) -> partition.partition() to offset.offset() }
        val last = records.keys.groupBy({ it.first }) { it.second }.mapValues { it.value.max() }
        val behind = last.filter { (partition, offset) -> (offsets[partition] ?: 0) <= offset }
        return try {
            val open = queue.counts().filter { !it.state.isEnd && it.calls > 0 }
            behind.map { (partition, offset) -> "partition $partition is committed at ${offsets[partition]}, and has $offset" } +
                open.map { "${it.calls} calls are ${it.state}" }
        } catch (e: StoreUnavailableException) {
            listOf("the store is down: ${e.message}")
        }
    }

    private suspend fun report(
        queue: RetryQueue,
        unfinished: List<String>,
    ): SoakReport {
        val keys = records.entries.associate { (place, key) -> "$TOPIC/${place.first}/${place.second}" to key }
        val calls = LinkedHashMap<String, Boolean>()
        for (record in keys.keys) {
            queue.findUnique("kafka/$KILLED_GROUP/$record")?.let { calls[record] = it.state == CallState.SUCCEEDED }
        }
        queue.shutdown()
        val lines = log.lines()
        val done = lines.count { " done " in it }
        val rebalances = lines.count { it.endsWith(" rebalance") }
        val faults = unfinished + KillChecker(lines, calls, keys).faults()
        return SoakReport(keys.size, calls.size, kills, leaves, brokerRestarts, databaseRestarts, rebalances, done - keys.size, faults)
    }

    private companion object {
        const val TOPIC = "soak"
        const val PARTITIONS = 6
        const val CONSUMERS = 3
    }
}
