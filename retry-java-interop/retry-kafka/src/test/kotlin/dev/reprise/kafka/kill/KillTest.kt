package dev.reprise.kafka.kill

import dev.reprise.kafka.Broker
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import org.apache.kafka.clients.producer.ProducerRecord
import java.io.File
import java.nio.file.Path
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private const val KILLS = 4
private const val RECORDS = 600
private const val PARTITIONS = 3

class KillTest : FunSpec({
    test("consumers that are killed lose no record, keep the order of each key, and repeat only what a death interrupted") {
        val folder = tempdir()
        val random = Random(SEED)
        val topic = Broker.topic(PARTITIONS)
        val keys = produce(topic, random)
        val log = HandlerLog(folder.toPath().resolve("handled"))
        repeat(KILLS) { number ->
            val process = startKilled(Broker.address, topic, folder, database(folder), "c$number")
            awaitLine(log, "c$number done", 1 + random.nextInt(RECORDS / KILLS / 2))
            process.destroyForcibly().waitFor()
        }
        val last = startKilled(Broker.address, topic, folder, database(folder), "c$KILLS")
        val queue = RetryQueue.open(Path.of(database(folder)))
        try {
            withTimeout(60.seconds) {
                while (!isDone(topic, queue)) delay(50.milliseconds)
            }
        } finally {
            last.destroyForcibly().waitFor()
        }
        val calls =
            keys.keys.mapNotNull { record ->
                queue.findUnique("kafka/$KILLED_GROUP/$record")?.let {
                    record to
                        (it.state == CallState.SUCCEEDED)
                }
            }
        queue.shutdown()

        KillChecker(log.lines(), calls.toMap(), keys).faults().shouldBeEmpty()
        (calls.size > RECORDS / 20) shouldBe true
    }

    test("the checker accepts a repetition after a rebalance or a restart of the database") {
        val log = listOf("c0 done here t/0/0", "c0 rebalance", "c0 done here t/0/0", KillChecker.RESTART, "c0 done here t/0/0")
        KillChecker(log, emptyMap(), mapOf("t/0/0" to "a")).faults().shouldBeEmpty()
    }

    test("the checker finds what is lost, out of order, and handled twice without a death") {
        val keys = listOf("t/0/0", "t/0/1", "t/0/2").associateWith { "a" }
        val log = listOf("c0 done here t/0/1", "c0 done here t/0/0", "c0 done here t/0/1", "c1 done call t/0/0")
        KillChecker(log, mapOf("t/0/0" to true), keys).faults() shouldContainExactly
            listOf(
                "t/0/2 was neither handled nor is it dead",
                "of key a, t/0/1 was completed before t/0/0",
                "t/0/1 was handled twice by c0",
            )
    }
}) {
    private companion object {
        const val SEED = 4
    }
}

/** Sends records of thirty keys, of which one in ten fails up to three times; returns the key of each. */
private fun produce(
    topic: String,
    random: Random,
): Map<String, String> {
    val next = IntArray(PARTITIONS)
    return (1..RECORDS).associate { number ->
        val key = random.nextInt(30)
        val failures = if (random.nextInt(10) == 0) 1 + random.nextInt(3) else 0
        val partition = key % PARTITIONS
        Broker.send(ProducerRecord(topic, partition, "$key", "$key $number $failures"))
        "$topic/$partition/${next[partition]++}" to "$key"
    }
}

private fun database(folder: File) = "${folder.path}/calls.db"

private suspend fun awaitLine(
    log: HandlerLog,
    start: String,
    count: Int,
) = withTimeout(60.seconds) {
    while (log.lines().count { it.startsWith(start) } < count) delay(5.milliseconds)
}

/** All records are committed, and all calls have ended. */
private suspend fun isDone(
    topic: String,
    queue: RetryQueue,
): Boolean {
    val committed = (0 until PARTITIONS).sumOf { Broker.committed(KILLED_GROUP, topic, it) ?: 0 }
    return committed == RECORDS.toLong() && queue.counts().none { !it.state.isEnd && it.calls > 0 }
}
