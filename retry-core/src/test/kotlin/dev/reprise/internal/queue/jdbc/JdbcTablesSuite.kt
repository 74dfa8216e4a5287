package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.ManualClock
import dev.reprise.queue.died
import dev.reprise.queue.failed
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.newCall
import dev.reprise.queue.noCallbacks
import dev.reprise.queue.snoozed
import dev.reprise.queue.succeeded
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeIn
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource
import kotlin.time.Duration.Companion.seconds

private const val ROUNDS = 100
private const val MINUTE = 60_000L

/** In which table a call is, how it gets from one to another, and that it is found meanwhile. [database] creates an empty one. */
fun jdbcTablesSuite(database: () -> DataSource) =
    funSpec {
        test("claims read the calls that are due within a minute; calls that are due later, or held, are apart") {
            val world = TablesWorld(database()).made()
            val store = world.store
            val now = world.clock.now
            val cids =
                store
                    .enqueue(
                        listOf(
                            newCall { copy(orderKey = "o") },
                            newCall { copy(orderKey = "o") },
                            newCall { copy(delayMillis = MINUTE) },
                            newCall { copy(delayMillis = MINUTE + 1) },
                            newCall { copy(delayMillis = 2 * MINUTE, deadline = now + MINUTE) },
                        ),
                    ).map { it.cid }
            cids.map(world::tablesOf) shouldContainExactly listOf("call", "waiting", "call", "waiting", "call").map(::listOf)
            store.promote(10) shouldBe 0
            world.clock.now += 1
            store.promote(10) shouldBe 1
            cids.map(world::tablesOf) shouldContainExactly listOf("call", "waiting", "call", "call", "call").map(::listOf)
            Hand(store).join().claim().map { it.cid } shouldContainExactly listOf(cids[0])
        }

        test("a retry within a minute stays, one that waits longer goes, unless its deadline or a cancellation comes first") {
            val world = TablesWorld(database()).made()
            val store = world.store
            val deadline = world.clock.now + MINUTE
            store.enqueue(listOf(newCall(), newCall(), newCall { copy(deadline = deadline) }, newCall()))
            val calls = Hand(store).join().claim()
            store.cancel(calls[3].cid, noCallbacks) shouldBe CancelResult.REQUESTED
            store.settle(
                listOf(
                    calls[0].failed(MINUTE),
                    calls[1].failed(MINUTE + 1),
                    calls[2].snoozed(2 * MINUTE),
                    calls[3].failed(2 * MINUTE),
                ),
            )
            calls.map { world.tablesOf(it.cid) } shouldContainExactly listOf("call", "waiting", "call", "call").map(::listOf)
            calls.map { store.find(it.cid)!!.dueAt - world.clock.now } shouldContainExactly listOf(MINUTE, MINUTE + 1, MINUTE, 0L)
            calls.map { store.find(it.cid)!!.state }.toSet() shouldBe setOf(CallState.READY)
        }

        test("an end of the call before it makes a held call ready where it belongs, and a replay brings back a dead one") {
            val world = TablesWorld(database()).made()
            val store = world.store
            val hand = Hand(store).join()
            val (first, soon, late) =
                store
                    .enqueue(
                        listOf(
                            newCall { copy(orderKey = "o") },
                            newCall { copy(orderKey = "o") },
                            newCall { copy(orderKey = "o", delayMillis = 2 * MINUTE) },
                        ),
                    ).map { it.cid }
            hand.settle(hand.claim().single().succeeded())
            hand.settle(hand.claim().single().died())
            listOf(first, soon, late).map(world::tablesOf) shouldContainExactly listOf("finished", "dead", "waiting").map(::listOf)
            store.replay(listOf(soon)) shouldContainExactly listOf(ReplayResult.REPLAYED)
            world.tablesOf(soon) shouldContainExactly listOf("call")
            hand.settle(hand.claim().single().succeeded())
            store.find(late)!!.state shouldBe CallState.READY
            world.tablesOf(late) shouldContainExactly listOf("waiting")
            store.cancel(late, noCallbacks) shouldBe CancelResult.CANCELLED
            world.tablesOf(late) shouldContainExactly listOf("finished")
        }

        test("a claim finds what is due although no process has promoted it, and knows when the next call is due that waits apart") {
            val world = TablesWorld(database()).made()
            val store = world.store
            val hand = Hand(store).join()
            val cid = store.enqueue(listOf(newCall { copy(delayMillis = 2 * MINUTE) })).single().cid
            hand.claimed().nextDueMillis shouldBe 2 * MINUTE
            world.clock.now += 2 * MINUTE
            val other = Hand(store).join()
            // Where a look took long, the next one at what should have been promoted follows within a second.
            var claimed = other.claim()
            while (claimed.isEmpty()) claimed = other.claim()
            claimed.map { it.cid } shouldContainExactly listOf(cid)
        }

        test("pages of a promotion are bounded, and begin with what is due first") {
            val world = TablesWorld(database()).made()
            val store = world.store
            val cids = store.enqueue(List(5) { i -> newCall { copy(delayMillis = 2 * MINUTE - i) } }).map { it.cid }
            world.clock.now += MINUTE
            List(4) { store.promote(2) } shouldContainExactly listOf(2, 2, 1, 0)
            cids.flatMap(world::tablesOf) shouldContainExactly List(5) { "call" }
            store.enqueue(List(3) { i -> newCall { copy(delayMillis = 2 * MINUTE - i) } })
            world.clock.now += MINUTE
            store.promote(1)
            world.tables("waiting") shouldBe 2
        }

        test("a call that is promoted while it is found and cancelled is neither missed nor doubled") {
            val world = TablesWorld(database()).made()
            repeat(ROUNDS) {
                val cid =
                    world.store
                        .enqueue(listOf(newCall { copy(delayMillis = MINUTE + 1) }))
                        .single()
                        .cid
                world.clock.now += 1
                val cancelled = world.race(cid, { it.promote(10) }, { it.cancel(cid, noCallbacks) })
                cancelled[1] shouldBe CancelResult.CANCELLED
                world.tablesOf(cid) shouldContainExactly listOf("finished")
            }
            world.store.counts() shouldContainExactly listOf(CallCount("charge", CallState.CANCELLED, ROUNDS.toLong()))
        }

        test("a call that is put off while it is found and cancelled is neither missed nor doubled") {
            val world = TablesWorld(database()).made()
            val hand = Hand(world.store).join()
            var requested = 0
            repeat(ROUNDS) {
                val cid =
                    world.store
                        .enqueue(listOf(newCall()))
                        .single()
                        .cid
                val call = hand.claim().single()
                val results = world.race(cid, { it.settle(listOf(call.snoozed(2 * MINUTE))) }, { it.cancel(cid, noCallbacks) })
                results[1] shouldBeIn listOf(CancelResult.CANCELLED, CancelResult.REQUESTED)
                if (results[1] == CancelResult.REQUESTED) {
                    requested++
                    world.store.find(cid)!!.dueAt shouldBe world.clock.now
                    hand.settle(hand.claim().single().succeeded())
                }
                world.tablesOf(cid) shouldContainExactly listOf("finished")
            }
            world.store.counts().toSet() shouldBe
                setOf(CallState.CANCELLED to ROUNDS - requested, CallState.SUCCEEDED to requested)
                    .filter { it.second > 0 }
                    .map { (state, calls) -> CallCount("charge", state, calls.toLong()) }
                    .toSet()
        }

        test("a held call that is cancelled while its turn comes does not stop its order") {
            val world = TablesWorld(database()).made()
            val hand = Hand(world.store).join()
            repeat(ROUNDS) { round ->
                val (_, second, third) = world.store.enqueue(List(3) { newCall { copy(orderKey = "o$round") } }).map { it.cid }
                val head = hand.claim().single()
                val results = world.race(second, { it.settle(listOf(head.succeeded())) }, { it.cancel(second, noCallbacks) })
                results[1] shouldBe CancelResult.CANCELLED
                var last = hand.claim()
                // An end that found its order locked left it to a later transaction.
                while (last.isEmpty()) last = world.store.orphans(null, 1).let { hand.claim() }
                last.map { it.cid } shouldContainExactly listOf(third)
                hand.settle(last.single().succeeded())
                world.tablesOf(second) shouldContainExactly listOf("finished")
            }
        }

        test("many workers that promote and claim at the same time claim each call once") {
            val world = TablesWorld(database()).made()
            world.store.enqueue(List(500) { newCall { copy(delayMillis = MINUTE + 1 + it % 50) } })
            world.clock.now += 2 * MINUTE
            val claimed = ConcurrentHashMap<String, AtomicInteger>()
            coroutineScope {
                for (store in world.stores + world.stores) {
                    launch(Dispatchers.Default) {
                        val hand = Hand(store).join()
                        while (world.store.counts().any { !it.state.isEnd }) {
                            store.promote(20)
                            val calls = hand.claim(limit = 7)
                            calls.forEach { claimed.getOrPut(it.cid) { AtomicInteger() }.incrementAndGet() }
                            store.settle(calls.map { it.succeeded() })
                        }
                    }
                }
            }
            claimed.values.map { it.get() } shouldContainExactly List(500) { 1 }
            world.store.counts() shouldContainExactly listOf(CallCount("charge", CallState.SUCCEEDED, 500))
        }
    }

/** Two stores on the tables of one database. */
private class TablesWorld(
    private val source: DataSource,
) {
    val clock = ManualClock()
    val stores = List(2) { JdbcCallStore(source, "t_", 30.seconds, clock) }
    val store: JdbcCallStore get() = stores[0]

    suspend fun made() = apply { store.migrate() }

    /** The names of the tables that contain the call. */
    fun tablesOf(cid: String): List<String> = CallLocation.entries.map { it.table }.filter { count("$it WHERE cid = '$cid'") > 0 }

    fun tables(table: String): Int = count(table)

    private fun count(rows: String): Int =
        source.connection.use {
            it.createStatement().executeQuery("SELECT count(*) FROM t_$rows").use { row ->
                row.next().let { row.getInt(1) }
            }
        }

    /** Does all of [operations] at the same time, while the call [cid] is found again and again; returns their results. */
    suspend fun race(
        cid: String,
        vararg operations: suspend (JdbcCallStore) -> Any,
    ): List<Any> =
        coroutineScope {
            val running = operations.mapIndexed { i, operation -> async(Dispatchers.Default) { operation(stores[i % stores.size]) } }
            while (running.any { it.isActive }) store.find(cid).shouldNotBeNull()
            running.awaitAll()
        }
}
