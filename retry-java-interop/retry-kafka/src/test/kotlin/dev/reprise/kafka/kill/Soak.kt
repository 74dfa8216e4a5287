package dev.reprise.kafka.kill

import dev.reprise.kafka.Postgres
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
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
import java.io.File
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** What happened in a soak run, and what was wrong with it. */
internal data class SoakReport(
    val records: Int,
    val calls: Int,
    val dead: Int,
    val kills: Int,
    val leaves: Int,
    val brokerRestarts: Int,
    val databaseRestarts: Int,
    val rebalances: Int,
    val repetitions: Int,
    val drainedIn: Duration,
    val faults: List<String>,
)

/**
 * Consumers that are killed and that leave, brokers and a database that are restarted, all at random moments, while records come as fast as they are
 * dealt with.
 */
internal class Soak(
    private val cluster: Cluster,
    private val postgres: Postgres,
    private val folder: File,
    private val random: Random,
) {
    private val log = HandlerLog(folder.toPath().resolve("handled"))
    private val records = SoakRecords(cluster.address, TOPIC, PARTITIONS, random)
    private val consumers = SoakConsumers(CONSUMERS, folder, random) { startKilled(cluster.address, TOPIC, folder, postgres.url, it) }
    private var brokerRestarts = 0
    private var databaseRestarts = 0

    /** Runs for [time], or until so many consumers were killed as [kills], and then until nothing is left to do. */
    suspend fun run(
        time: Duration,
        kills: Int,
    ): SoakReport =
        coroutineScope {
            cluster.topic(TOPIC, PARTITIONS)
            // A worker that is not killed, and has no handlers, so that the leases of the others are judged.
            val queue = RetryQueue.on(killedStore(postgres.url)) { survivesKills() }
            val backlogs = Backlogs(cluster, queue, records)
            try {
                start(queue)
                consumers.replace()
                val work = listOf(watch(backlogs), launch(Dispatchers.IO) { records.send { (backlogs.last?.size ?: 0L) < MOST_LEFT } })
                val trouble = trouble()
                withTimeoutOrNull(time) { while (consumers.kills < kills) delay(LOOK) }
                (trouble + work).forEach { it.cancelAndJoin() }
                val begin = TimeSource.Monotonic.markNow()
                val left = drain(backlogs)
                report(queue, left, begin.elapsedNow())
            } finally {
                consumers.close()
                withContext(NonCancellable) { queue.shutdown(Duration.ZERO) }
            }
        }

    private fun CoroutineScope.watch(backlogs: Backlogs): Job =
        launch(Dispatchers.IO) {
            while (true) {
                backlogs.look()
                delay(LOOK)
            }
        }

    private fun CoroutineScope.trouble(): List<Job> =
        listOf(
            launch(Dispatchers.IO) { every(200.milliseconds, 1.seconds) { consumers.endOne() } },
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

    private suspend fun restartDatabase() {
        log.write(KillChecker.RESTART)
        postgres.kill()
        delay(random.nextLong(0, 2_000).milliseconds)
        postgres.startAgain()
        log.write(KillChecker.RESTART)
        databaseRestarts++
    }

    /** Waits until nothing is left to do, however long that takes while it becomes less; returns what is wrong if it does not. */
    private suspend fun drain(backlogs: Backlogs): List<String> {
        var least = Long.MAX_VALUE
        var progress = TimeSource.Monotonic.markNow()
        while (progress.elapsedNow() < PATIENCE) {
            consumers.replace()
            val left = backlogs.look()?.size ?: Long.MAX_VALUE
            if (left == 0L) return emptyList()
            if (left < least) progress = TimeSource.Monotonic.markNow()
            least = minOf(least, left)
            delay(LOOK)
        }
        println(consumers.stacks())
        return listOf("no progress for $PATIENCE: ${backlogs.last}") + backlogs.reasons()
    }

    private suspend fun report(
        queue: RetryQueue,
        unfinished: List<String>,
        drainedIn: Duration,
    ): SoakReport {
        val keys = records.keys
        val calls = LinkedHashMap<String, Boolean>()
        for (record in keys.keys) queue.findUnique("kafka/$KILLED_GROUP/$record")?.let { calls[record] = it.state == CallState.SUCCEEDED }
        val lines = log.lines()
        return SoakReport(
            keys.size,
            calls.size,
            calls.values.count { !it },
            consumers.kills,
            consumers.leaves,
            brokerRestarts,
            databaseRestarts,
            rebalances = lines.count { it.endsWith(" rebalance") },
            repetitions = lines.count { " done " in it } - keys.size,
            drainedIn,
            unfinished + consumers.faults + KillChecker(lines, calls, keys).faults(),
        )
    }

    private companion object {
        const val TOPIC = "soak"
        const val PARTITIONS = 6
        const val CONSUMERS = 3

        /** So many records and calls wait at most: more come when there are fewer. */
        const val MOST_LEFT = 1_500
        val LOOK = 250.milliseconds
        val PATIENCE = 2.minutes
    }
}
