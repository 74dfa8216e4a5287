package dev.reprise.queue

import dev.reprise.internal.queue.operate.WorkerText
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.Pulse
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

/** What operators see beside lists of calls, in every store: due times, attempts by minute, workers, lanes, and how long it is kept. */
internal fun statusSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        val ada = Actor("ada")

        test("due times are counted in buckets") {
            val clock = ManualClock()
            val store = open(clock)
            store.enqueue(
                listOf(0L, 59_999, 60_000, 190_000).map { newCall { copy(delayMillis = it) } } +
                    newCall("ship") { copy(delayMillis = 60_000, priority = 9) },
            )
            val operator = QueueOperator.on(store, ada)
            operator.due(bucket = 1.minutes, buckets = 3) shouldContainExactly listOf(2L, 2L, 0L)
            operator.due(setOf("ship"), Instant.ofEpochMilli(clock.now), 1.minutes, 4) shouldContainExactly listOf(0L, 1L, 0L, 0L)
        }

        test("of each handler and bucket 500 calls are counted, wherever they are") {
            val clock = ManualClock()
            val store = open(clock)
            val (soon, later) = List(300) { newCall() } to List(300) { newCall { copy(delayMillis = 120_000) } }
            store.enqueue(soon + later + newCall("ship"))
            QueueOperator.on(store, ada).due(bucket = 10.minutes, buckets = 1) shouldContainExactly listOf(501L)
        }

        test("pulses are summed over workers, and a worker replaces its own") {
            val store = open(ManualClock())
            val minute = Instant.ofEpochMilli(1_700_000_040_000)

            fun pulse(failed: Int) = Pulse.of(minute, "charge", 1, 2, 3, failed, 1, mapOf("E" to failed))
            store.operations.putPulses("one", listOf(pulse(1)))
            store.operations.putPulses("one", listOf(pulse(2)))
            store.operations.putPulses("other", listOf(pulse(4)))
            val operator = QueueOperator.on(store, ada)
            operator.pulse(minute.plusSeconds(30), minute.plusSeconds(60)) shouldContainExactly
                listOf(Pulse.of(minute, "charge", 2, 4, 6, 6, 2, mapOf("E" to 6)))
            operator.pulse(minute.plusSeconds(60), minute.plusSeconds(120)) shouldContainExactly emptyList()
        }

        test("the load of a worker is that of its last renewal") {
            val store = open(ManualClock())
            val operator = QueueOperator.on(store, ada)
            val hand = Hand(store).join()

            suspend fun load() = operator.workers().single().run { inFlight to hung }
            load() shouldBe (0 to 0)
            store.renewLease(hand.nonce, VALID, inFlight = 3, hung = 1)
            load() shouldBe (3 to 1)
        }

        test("a pause is listed with when and who") {
            val clock = ManualClock()
            val store = open(clock)
            val operator = QueueOperator.on(store, ada)
            val lanes = "lane\tslow\t2\nlane\tswift\t9"
            val nonce = Hand(store).join().nonce
            store.operations.describe(WorkerText.read(nonce, "one", lanes, inFlight = 0, hung = 0, validUntil = 1, now = 0, emptySet()))
            operator.pause("slow", "the gateway is down")
            val lane = operator.lanes().first()
            operator
                .workers()
                .single()
                .lanes
                .toString() shouldBe "[slow×2 (paused), swift×9]"
            listOf(lane.name, lane.isPaused, lane.pausedBy, lane.pausedAt) shouldContainExactly
                listOf("slow", true, "ada", Instant.ofEpochMilli(clock.now))
            operator.resume("slow")
            operator.lanes().map { it.isPaused } shouldContainExactly listOf(false, false)
            operator.audit().items.map { "${it.actor} ${it.action} ${it.query} ${it.reason} ${it.state}" } shouldContainExactly
                listOf("ada via code resume slow null DONE", "ada via code pause slow the gateway is down DONE")
        }

        test("the audit is kept for 90 days, and attempts by minute for two") {
            val clock = ManualClock()
            val store = open(clock)
            val start = clock.now
            val operator = QueueOperator.on(store, ada)
            operator.pause("slow")
            val minute = start - Math.floorMod(start, 60_000L)
            store.operations.putPulses("one", listOf(Pulse.of(Instant.ofEpochMilli(minute), "charge", 1, 0, 1, 0, 0, emptyMap())))

            suspend fun kept(after: Duration): String {
                clock.now = start + after.inWholeMilliseconds
                store.purge(10)
                operator.resume("slow")
                store.operations.putPulses("other", emptyList())
                val pulses = operator.pulse(Instant.EPOCH, Instant.ofEpochMilli(clock.now)).size
                return "$after: ${operator.audit().items.count { it.action == "pause" }} $pulses"
            }
            listOf(47.hours, 49.hours, 89.days, 91.days).map { kept(it) } shouldContainExactly
                listOf("1d 23h: 1 1", "2d 1h: 1 0", "89d: 1 0", "91d: 0 0")
        }
    }
