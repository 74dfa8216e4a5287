package dev.reprise.queue

import dev.reprise.queue.model.CallState
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.accepted
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe

/**
 * One call, two workers that claim (one of them also as it enqueues), renew and settle, a sweep that finds orphans and brings them back,
 * and time: every situation they can get into within so many steps is visited, and in each of them the promises are checked.
 */
class LeaseModelTest : FunSpec({
    test("in every state a result is accepted only from the latest claim, once, and the call is never lost") {
        val explored = Exploration { InMemoryCallStore(it) }.run(steps = 24)
        explored.fault.shouldBeNull()
        explored.situations shouldBeGreaterThan 200
    }

    test("the same checker finds the shortest story in which settlements without a fence go wrong") {
        val explored = Exploration { Unfenced(InMemoryCallStore(it)) }.run(steps = 24)
        explored.fault shouldBe
            "A enqueues it as claimed, time passes, time passes, time passes, the sweep looks, the sweep brings back, B claims, " +
            "A settles: the result of token 1 was accepted while token 2 has the call"
    }
})

/** A store that lets any worker settle a running call. */
private class Unfenced(
    private val real: CallStore,
) : CallStore by real {
    override suspend fun settle(batch: List<Settlement>): List<SettleResult> = real.settle(batch.map { asPresentClaim(it) })

    private suspend fun asPresentClaim(settlement: Settlement): Settlement {
        val present = real.find(settlement.call.cid)?.claim ?: return settlement
        return with(settlement) { Settlement(call.copy(claim = present), to, result, response = response) }
    }
}

private enum class Step(
    val words: String,
) {
    IS_ENQUEUED("it is enqueued"),
    A_ENQUEUES("A enqueues it as claimed"),
    A_CLAIMS("A claims"),
    B_CLAIMS("B claims"),
    A_RENEWS("A renews"),
    B_RENEWS("B renews"),
    A_SETTLES("A settles"),
    B_SETTLES("B settles"),
    TIME_PASSES("time passes"),
    SWEEP_LOOKS("the sweep looks"),
    SWEEP_SETTLES("the sweep brings back"),
}

/** Breadth first, so that the first fault found has the shortest story. States seen before are not explored again. */
private class Exploration(
    private val open: (CallClock) -> CallStore,
) {
    var situations = 0
        private set
    var fault: String? = null
        private set

    suspend fun run(steps: Int): Exploration {
        val met = HashSet<String>()
        var stories = listOf(emptyList<Step>())
        repeat(steps) {
            stories = stories.flatMap { story -> Step.entries.map { story + it } }.filter { isNew(it, met) }
            if (fault != null) return this
        }
        return this
    }

    private suspend fun isNew(
        story: List<Step>,
        met: MutableSet<String>,
    ): Boolean {
        val world = World(open)
        story.forEach { if (!world.take(it)) return false }
        if (fault == null) fault = world.fault?.let { "${story.joinToString { step -> step.words }}: $it" }
        return met.add(world.situation()).also { if (it) situations++ }
    }
}

private class World(
    open: (CallClock) -> CallStore,
) {
    private val clock = ManualClock()
    private val store = open(clock)
    private val workers = listOf(Worker("A"), Worker("B"))
    private val judged = HashSet<String>()
    private var orphan: StoredCall? = null
    private var accepted = 0
    var fault: String? = null
        private set

    private inner class Worker(
        val name: String,
    ) {
        var leases = 0
        var validUntil = 0L
        var has: StoredCall? = null
        val nonce get() = "$name$leases"

        suspend fun join() {
            leases++
            validUntil = clock.now + VALID
            store.openLease(nonce, name, isNamed = false, VALID)
        }

        /** An expired lease is not renewed: the worker takes a new one. */
        suspend fun claim(): Boolean {
            if (has != null) return false
            if (clock.now >= validUntil) join()
            has = Hand(store, nonce).claim().singleOrNull() ?: return false
            return true
        }

        suspend fun enqueue(): Boolean {
            if (clock.now >= validUntil) join()
            store.enqueue(listOf(newCall(cid = CID) { copy(claimedBy = nonce, claimedIn = "default") }))
            has = store.find(CID)
            return true
        }

        suspend fun renew(): Boolean {
            val renewed = store.renewLease(nonce, VALID) != null
            if (renewed == nonce in judged) fault = "$name renewed: $renewed, though its lease was ${if (renewed) "" else "not "}judged"
            if (renewed) validUntil = clock.now + VALID
            return renewed
        }

        suspend fun settle(): Boolean {
            val call = has ?: return false
            has = null
            val present = store.find(CID)?.claim
            if (Hand(store, nonce).settle(call.succeeded()) == SettleResult.STALE) return true
            accepted++
            if (present !=
                call.claim
            ) {
                fault = "the result of token ${call.claim?.token} was accepted while token ${present?.token} has the call"
            }
            return true
        }

        val isOver get() = leases > 0 && clock.now >= validUntil + MARGIN

        fun situation() = listOf(leases > 0, maxOf(validUntil + MARGIN - clock.now, 0), nonce in judged, has?.claim)
    }

    /** False if nothing can come of [step] here. */
    suspend fun take(step: Step): Boolean {
        val isFirst = step == Step.IS_ENQUEUED || step == Step.A_ENQUEUES
        if (isFirst != (store.find(CID) == null)) return false
        val isPossible =
            when (step) {
                Step.IS_ENQUEUED -> store.enqueue(listOf(newCall(cid = CID))).isNotEmpty()
                Step.A_ENQUEUES -> workers[0].enqueue()
                Step.A_CLAIMS -> workers[0].claim()
                Step.B_CLAIMS -> workers[1].claim()
                Step.A_RENEWS -> workers[0].renew()
                Step.B_RENEWS -> workers[1].renew()
                Step.A_SETTLES -> workers[0].settle()
                Step.B_SETTLES -> workers[1].settle()
                Step.TIME_PASSES -> true.also { clock.now += VALID / 2 }
                Step.SWEEP_LOOKS -> look()
                Step.SWEEP_SETTLES -> bringBack()
            }
        if (isPossible) check()
        return isPossible
    }

    private suspend fun look(): Boolean {
        store.judge()
        val hasJudged = judged.addAll(workers.filter { it.isOver }.map { it.nonce })
        orphan = store.orphans(null, 10).calls.singleOrNull() ?: return hasJudged
        val owner = orphan?.claim?.owner
        if (workers.any { it.nonce == owner && !it.isOver }) fault = "the call of $owner, whose lease is valid, was found as an orphan"
        return true
    }

    /** Time may have passed since the look, and others may have been quicker. */
    private suspend fun bringBack(): Boolean {
        val call = orphan ?: return false
        orphan = null
        store.settle(listOf(Settlement(call, CallState.READY, AttemptResult.CRASHED)))
        return true
    }

    private suspend fun check() {
        val state = store.find(CID)?.state
        if (state == null) fault = "the call is lost"
        if (accepted > 1) fault = "two results were accepted"
        if ((state == CallState.SUCCEEDED) != (accepted == 1)) fault = "$accepted results were accepted, but the call is $state"
    }

    suspend fun situation(): String {
        val call = store.find(CID)
        return "${call?.state} ${call?.claim} ${orphan?.claim} $accepted ${workers.map { it.situation() }}"
    }

    private companion object {
        const val CID = "c"
    }
}
