package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.internal.queue.operate.WorkerText
import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.ManualClock
import dev.reprise.queue.failed
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.newCall
import dev.reprise.queue.noCallbacks
import dev.reprise.queue.operate.WorkerInfo
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.succeeded
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import org.postgresql.ds.PGSimpleDataSource
import javax.sql.DataSource
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

/** It is 14 November 2023, 22:13 UTC. */
private class Days(
    val source: DataSource,
) {
    val clock = ManualClock()
    val store = JdbcCallStore(source, "t_", 30.seconds, clock)

    fun execute(sql: String) {
        source.connection.use { it.createStatement().execute(sql) }
    }

    private fun texts(sql: String): List<String> =
        source.connection.use { connection ->
            val rows = connection.createStatement().executeQuery(sql)
            generateSequence { if (rows.next()) rows.getString(1) else null }.toList()
        }

    fun partitions(): List<String> =
        texts("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 't_finished'::regclass ORDER BY 1")

    fun partitionOf(cid: String): List<String> = texts("SELECT tableoid::regclass FROM t_finished WHERE cid = '$cid'")

    fun rows(table: String): Int = texts("SELECT count(*) FROM t_$table").single().toInt()

    /** As if so many calls had finished. */
    fun manyFinish(): Unit = execute("INSERT INTO t_state_count (handler, state, delta) VALUES ('other', 'SUCCEEDED', 100000)")

    suspend fun finished(
        retainMillis: Long,
        call: NewCall = newCall(),
    ): String {
        val cid = store.enqueue(listOf(call)).single().cid
        val hand = Hand(store).join()
        store.settle(
            listOf(
                hand
                    .claim()
                    .single()
                    .succeeded()
                    .copy(retainMillis = retainMillis),
            ),
        )
        store.closeLease(hand.nonce)
        return cid
    }

    suspend fun purgeAll(limit: Int = 1) {
        repeat(8) { store.purge(limit) }
    }
}

/** A worker that keeps the calls of one of its handlers for so long, and those of another one for good. */
private fun workerThatKeeps(
    nonce: String,
    millis: Long,
): WorkerInfo {
    val handlers =
        listOf("charge" to millis, "archive" to Long.MAX_VALUE / 2, "mail" to 1).map { (name, kept) ->
            "handler\t$name\tmain\t1\t\t$kept"
        }
    return WorkerText.read(nonce, "worker", handlers.joinToString("\n"), inFlight = 0, hung = 0, validUntil = 1, now = 0, emptySet())
}

class FinishedPartitionsTest : FunSpec({
    val server = TestPostgres()
    val day = 1.days.inWholeMilliseconds
    afterSpec { server.close() }

    suspend fun world() = Days(server.newDatabase()).also { it.store.migrate() }

    test("where few calls finish, there is one partition") {
        val world = world()
        world.finished(day)
        world.store.purge(10) shouldBe 0
        world.partitions() shouldContainExactly listOf("t_finished_0")
    }

    test("where many finish, a call is in the partition of the day on which it expires, which is dropped when that day is over") {
        val world = world()
        world.manyFinish()
        world.store.purge(10) shouldBe 0
        world.partitions() shouldContainExactly listOf("t_finished_0") + (14..22).map { "t_finished_202311$it" }
        val tomorrow = world.finished(day)
        val later = world.finished(3 * day)
        val nextMonth = world.finished(30 * day)
        listOf(tomorrow, later, nextMonth).flatMap(world::partitionOf) shouldContainExactly
            listOf("t_finished_20231115", "t_finished_20231117", "t_finished_0")
        world.clock.now += 27.hours.inWholeMilliseconds
        world.purgeAll()
        world.store.find(tomorrow) shouldBe null
        listOf(later, nextMonth).forEach { world.store.find(it).shouldNotBeNull() }
        world.partitions() shouldContainExactly listOf("t_finished_0") + (16..24).map { "t_finished_202311$it" }
        world.store.counts() shouldContain CallCount("charge", CallState.SUCCEEDED, 2)
    }

    test("where a worker keeps calls for a season, a partition spans several days, so that there are few to look a call up in") {
        val world = world()
        world.manyFinish()
        world.store.purge(10)
        world.store.operations.describe(workerThatKeeps(Hand(world.store).join().nonce, 90 * day))
        world.store.purge(10)
        world.partitions() shouldContainExactly
            listOf("t_finished_0") + (14..22).map { "t_finished_202311$it" } +
            listOf(
                "20231123",
                "20231129",
                "20231205",
                "20231211",
                "20231217",
                "20231223",
                "20231229",
                "20240104",
                "20240110",
                "20240116",
                "20240122",
                "20240128",
                "20240203",
                "20240209",
            ).map { "t_finished_$it" }
        world.finished(89 * day).let(world::partitionOf) shouldContainExactly listOf("t_finished_20240209")
        world.finished(5 * day).let(world::partitionOf) shouldContainExactly listOf("t_finished_20231119")
    }

    test("the spans of partitions follow the longest retention, from where the last one ends") {
        fun spans(
            retention: Long,
            end: Long? = null,
        ) = FinishedPartitions.spans(today = 100, end, retention * day).map { it.first / day to (it.last + 1 - it.first) / day }

        spans(3) shouldContainExactly (100L..108L).map { it to 1L }
        spans(3, end = 108) shouldContainExactly listOf(108L to 1L)
        spans(3, end = 109).shouldBeEmpty()
        spans(16) shouldContainExactly (100L..117L).map { it to 1L }
        spans(32) shouldContainExactly (100L..132L step 2).map { it to 2L }
        (0L..3_650L).maxOf { spans(it).size } shouldBe 18
    }

    test("with a partition goes what its calls leave: failures, tags, and the keys of their steps") {
        val world = world()
        world.manyFinish()
        world.store.purge(10)
        val hand = Hand(world.store).join()
        val parent =
            world.store
                .enqueue(listOf(newCall { copy(tags = listOf("import")) }))
                .single()
                .cid
        world.store.settle(listOf(hand.claim().single().failed(0)))
        world.store.settle(
            listOf(
                hand
                    .claim()
                    .single()
                    .succeeded()
                    .copy(retainMillis = day),
            ),
        )
        world.finished(day, newCall { copy(uniqueKey = "step", keepUniqueKey = true, origCid = parent) })
        val kept = newCall { copy(uniqueKey = "kept", uniqueForMillis = 9 * day) }
        world.finished(day, kept)
        listOf("error", "tag", "unique_key").map(world::rows) shouldContainExactly listOf(1, 1, 2)
        world.clock.now += 27.hours.inWholeMilliseconds
        world.purgeAll()
        listOf("error", "tag", "unique_key").map(world::rows) shouldContainExactly listOf(0, 0, 1)
        world.store.enqueue(listOf(newCall { copy(uniqueKey = "kept") })).single() shouldBe EnqueueResult(kept.cid, isNew = false)
        world.store.counts() shouldContainExactly listOf(CallCount("other", CallState.SUCCEEDED, 100_000))
    }

    test("a call that is cancelled is in the partition for it too") {
        val world = world()
        world.manyFinish()
        world.store.purge(10)
        val cid =
            world.store
                .enqueue(listOf(newCall { copy(delayMillis = day) }))
                .single()
                .cid
        world.store.cancel(cid, noCallbacks) shouldBe CancelResult.CANCELLED
        world.partitionOf(cid).single() shouldStartWith "t_finished_202311"
    }

    test("a long query postpones the end of a partition, and keeps nothing else waiting") {
        val world = world()
        world.manyFinish()
        world.store.purge(10)
        world.clock.now += 27.hours.inWholeMilliseconds
        world.source.connection.use { reader ->
            reader.autoCommit = false
            reader.createStatement().executeQuery("SELECT * FROM t_finished").next()
            world.purgeAll()
            world.partitions() shouldContain "t_finished_20231114"
            world.finished(day).let(world::partitionOf) shouldHaveSize 1
            reader.rollback()
            reader.autoCommit = true
        }
        world.purgeAll()
        world.partitions() shouldContainExactly listOf("t_finished_0") + (16..24).map { "t_finished_202311$it" }
    }

    test("several processes add partitions at a time, where transactions are serializable by default") {
        val url = server.newUrl() + "&options=-c%20default_transaction_isolation=serializable"
        val worlds = List(4) { Days(PGSimpleDataSource().apply { setUrl(url) }) }
        worlds[0].store.migrate()
        worlds[0].manyFinish()
        coroutineScope { worlds.map { async(Dispatchers.IO) { it.store.purge(10) } }.awaitAll() }
        worlds[0].partitions() shouldHaveSize 10
    }

    test("a role that cannot add tables deletes calls row by row, and health says so") {
        val url = server.newUrl()
        val owner = Days(PGSimpleDataSource().apply { setUrl(url) })
        owner.store.migrate()
        owner.manyFinish()
        owner.execute("CREATE ROLE clerk LOGIN")
        owner.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk")
        val clerk = Days(PGSimpleDataSource().apply { setUrl(url.replace("user=postgres", "user=clerk")) })
        clerk.store.open()
        clerk.store.warnings.shouldBeEmpty()
        clerk.finished(day)
        clerk.clock.now += 2 * day
        clerk.store.purge(10) shouldBe 1
        clerk.store.warnings.single() shouldStartWith
            "finished calls are deleted row by row, because the role cannot add partitions: ERROR: permission denied for schema public"
    }
})
