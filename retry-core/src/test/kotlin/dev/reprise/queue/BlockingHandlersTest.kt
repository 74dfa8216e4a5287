package dev.reprise.queue

import dev.reprise.internal.queue.LeaseTimes
import dev.reprise.queue.model.CallState
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.time.Duration.Companion.seconds

/** Two workers whose handlers block all threads of their dispatcher for many times the validity of a lease. */
class BlockingHandlersTest : FunSpec({
    val folder = tempdir().toPath()
    val cores = Runtime.getRuntime().availableProcessors()

    fun worker(
        name: String,
        store: FaultyStore,
        context: CoroutineContext,
        starts: MutableMap<String, Int>,
        release: CountDownLatch,
    ): Pair<RetryQueue, Thread> {
        val queue =
            RetryQueue.on(store) {
                workerName = name
                leaseTimes = LeaseTimes(valid = 2_000, renew = 200, giveUp = 1_500)
                lane("blocking") { concurrency = 100 }
                handle(charge, lane = "blocking") {
                    starts.merge(call.cid, 1, Int::plus)
                    release.await()
                    "done"
                }
            }
        return queue to thread { runBlocking(context) { queue.start(this).join() } }
    }

    for ((name, context, calls) in listOf(
        Triple("runBlocking", EmptyCoroutineContext, 4),
        Triple("Dispatchers.Default", Dispatchers.Default, cores * 2),
        Triple("Dispatchers.IO", Dispatchers.IO, 100),
    )) {
        test("in $name each call starts once, and no worker loses its lease") {
            val real = JdbcCallStore(folder.resolve("$name.db")).also { it.migrate() }
            val handles = RetryQueue.on(real).enqueueAll(charge, List(calls) { "$it" })
            val starts = ConcurrentHashMap<String, Int>()
            val release = CountDownLatch(1)
            val renewals = CountDownLatch(30)
            val store = FaultyStore(real).apply { after = { if (it == "renewLease") renewals.countDown() } }
            val workers = listOf("a", "b").map { worker("$name $it", store, context, starts, release) }
            renewals.await(60, TimeUnit.SECONDS) shouldBe true
            release.countDown()
            handles.map { it.awaitEnd() }.map { "${it.state} ${it.crashes}" }.toSet() shouldBe setOf("${CallState.SUCCEEDED} 0")
            starts.values.toSet() shouldContainExactly setOf(1)
            workers.map { it.first.health().lostLeases } shouldContainExactly listOf(0L, 0L)
            workers.forEach { it.first.shutdown(10.seconds) }
            workers.forEach { it.second.join() }
            real.close()
        }
    }
})
