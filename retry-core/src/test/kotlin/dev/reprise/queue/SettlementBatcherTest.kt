@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.internal.queue.worker.SettlementBatcher
import dev.reprise.internal.queue.worker.StoreAccess
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.accepted
import dev.reprise.queue.spi.takenBy
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.milliseconds

class SettlementBatcherTest : FunSpec({
    test("a batch is limited in bytes, and halved when it fails twice") {
        runTest {
            val memory = memory()
            val sizes = ArrayList<Int>()
            var failures = 0
            val store =
                object : CallStore by memory {
                    override suspend fun settle(batch: List<Settlement>): List<SettleResult> {
                        sizes += batch.size
                        if (batch.size > 5) away().also { failures++ }
                        return batch.map { SettleResult.ACCEPTED }
                    }
                }
            val batcher = SettlementBatcher(StoreAccess(store, QueueEvents(emptyList(), store.clock) { null })) {}
            val megabyte = "r".repeat(1 shl 20)
            var settled = 0
            repeat(20) {
                batcher.submit(newCall(cid = "c$it").accepted(0, 0, isHead = true).takenBy("w", 0).succeeded(megabyte)) { settled++ }
            }
            batcher.close()
            batcher.run()
            settled shouldBe 20
            sizes shouldBe listOf(8, 8, 4, 4, 8, 8, 4, 4, 4)
        }
    }

    /** What is written when each of [ends] has come, by its instant in milliseconds, to a store that takes one for each batch. */
    fun written(
        shared: Boolean,
        vararg ends: Pair<Int, String>,
    ): List<String> {
        val log = ArrayList<String>()
        runTest {
            val store =
                object : CallStore by InMemoryCallStore({ currentTime }) {
                    override val isShared = shared

                    override suspend fun settle(batch: List<Settlement>): List<SettleResult> {
                        log += "$currentTime ms: ${batch.joinToString(" ") { it.call.cid }}"
                        delay(1.milliseconds)
                        return batch.map { SettleResult.ACCEPTED }
                    }
                }
            val batcher = SettlementBatcher(StoreAccess(store, QueueEvents(emptyList(), store.clock) { null })) {}
            backgroundScope.launch { batcher.run() }
            for ((at, cid) in ends) {
                delay((at - currentTime).milliseconds)
                batcher.submit(newCall(cid = cid).accepted(0, 0, isHead = true).takenBy("w", 0).succeeded()) {}
            }
            delay(10.milliseconds)
        }
        return log
    }

    test("ends that follow many are gathered for a moment, and one that comes alone is written at once") {
        written(shared = true, 0 to "a", 0 to "b", 2 to "c", 3 to "d", 20 to "e", 21 to "f", 22 to "g") shouldContainExactly
            listOf("0 ms: a b", "5 ms: c d", "20 ms: e", "21 ms: f", "22 ms: g")
    }

    test("a store of one process is not kept waiting") {
        written(shared = false, 0 to "a", 0 to "b", 2 to "c", 3 to "d") shouldContainExactly listOf("0 ms: a b", "2 ms: c", "3 ms: d")
    }
})
