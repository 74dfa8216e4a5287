@file:Suppress("DEPRECATION") // Tally deprecates a type that its reporters have to implement.

package dev.reprise.temporal

import com.uber.m3.tally.Buckets
import com.uber.m3.tally.Capabilities
import com.uber.m3.tally.CapableOf
import com.uber.m3.tally.RootScopeBuilder
import com.uber.m3.tally.Scope
import com.uber.m3.tally.StatsReporter
import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.target
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.temporal.worker.WorkerFactoryOptions
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import java.io.IOException
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import com.uber.m3.util.Duration as TallyDuration

private val charge = target("charge")
private const val ORDERS = 30

class IdleTest : FunSpec({
    test("orders whose head waits for a later attempt hold no slot, no thread and no place in the cache of a worker") {
        val slots = UsedSlots()
        val registry = HandlerRegistry.of { handle(charge) { request -> if (request == "down") throw IOException("down") else request } }
        Host(registry, skipsTime = false, { setMetricsScope(slots.scope) }).use { host ->
            host.startWorker(
                WorkerFactoryOptions
                    .newBuilder()
                    .setWorkflowCacheSize(2)
                    .setMaxWorkflowThreadCount(20)
                    .build(),
            )
            val (heads, behind) = listOf("down", "behind").map { request -> List(ORDERS) { n -> host.enqueue(request, "customer/$n") } }
            heads.forEach { cid -> host.awaitCall(cid) { it.state == CallState.READY && it.attempts == 1 } }
            behind.forEach { host.queue.find(it)!!.state shouldBe CallState.HELD }
            slots.awaitNone("WorkflowWorker")
            slots.awaitNone("ActivityWorker")
            host.queue.enqueue(charge, "another").await() shouldBe "another"
        }
    }
})

private suspend fun Host.enqueue(
    request: String,
    customer: String,
): String =
    queue
        .enqueue(charge, request) {
            orderKey = customer
            policy("every(30d) maxAttempts(9)")
        }.cid

/** The slots of workers that are in use, as their metrics have it. */
private class UsedSlots : StatsReporter {
    private val used = ConcurrentHashMap<Map<String, String>, Double>()

    val scope: Scope = RootScopeBuilder().reporter(this).reportEvery(TallyDuration.ofMillis(5.0))

    /** Looks until no slot of the workers of [type] is in use. */
    suspend fun awaitNone(type: String): Unit =
        withTimeout(30.seconds) {
            while (true) {
                val now = used.filterKeys { it["worker_type"] == type }.values
                if (now.isNotEmpty() && now.all { it == 0.0 }) return@withTimeout
                delay(5.milliseconds)
            }
        }

    override fun reportGauge(
        name: String,
        tags: Map<String, String>,
        value: Double,
    ) {
        if (name == "temporal_worker_task_slots_used") used[tags] = value
    }

    override fun capabilities(): Capabilities = CapableOf.REPORTING

    override fun flush() = Unit

    override fun close() = Unit

    override fun reportCounter(
        name: String,
        tags: Map<String, String>,
        value: Long,
    ) = Unit

    override fun reportTimer(
        name: String,
        tags: Map<String, String>,
        interval: TallyDuration,
    ) = Unit

    override fun reportHistogramValueSamples(
        name: String,
        tags: Map<String, String>,
        buckets: Buckets<*>,
        bucketLowerBound: Double,
        bucketUpperBound: Double,
        samples: Long,
    ) = Unit

    override fun reportHistogramDurationSamples(
        name: String,
        tags: Map<String, String>,
        buckets: Buckets<*>,
        bucketLowerBound: TallyDuration,
        bucketUpperBound: TallyDuration,
        samples: Long,
    ) = Unit
}
