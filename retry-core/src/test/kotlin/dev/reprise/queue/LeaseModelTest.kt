package dev.reprise.queue

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan

/** One call, two workers and a rescuer: every story of up to seven steps is played on a store of its own. */
class LeaseModelTest : FunSpec({
    test("in every story a result is accepted only from the latest claim, once, and the call is never lost") {
        val stories = Stories { InMemoryCallStore(it) }
        stories.play()
        stories.faults.shouldBeEmpty()
        stories.played shouldBeGreaterThan 1000
    }

    test("the same checker finds what goes wrong where settlements are not fenced") {
        val stories = Stories { Unfenced(InMemoryCallStore(it)) }
        stories.play()
        stories.faults.shouldNotBeEmpty()
    }
})

/** A store that lets anybody settle a running call. */
private class Unfenced(
    private val real: CallStore,
) : CallStore by real {
    override suspend fun settle(batch: List<Settlement>): List<SettleResult> =
        real.settle(
            batch.map { settlement ->
                val stored = real.find(settlement.call.cid)
                val claim = stored?.claim ?: return@map settlement
                with(settlement) { Settlement(call.copy(claim = claim), to, result, response = response) }
            },
        )
}

private enum class Step { A_CLAIMS, A_SETTLES, A_RENEWS, B_CLAIMS, B_SETTLES, B_RENEWS, TIME_PASSES, SWEEP }

private class Stories(
    private val open: (CallClock) -> CallStore,
) {
    val faults = ArrayList<String>()
    var played = 0

    suspend fun play(story: List<Step> = emptyList()) {
        val world = World(open)
        val fault = world.run { story.forEach { take(it) } }.let { world.fault }
        played++
        if (fault != null) {
            faults += "$story: $fault"
            return
        }
        if (story.size < LONGEST) Step.entries.filter { world.allows(it, story.lastOrNull()) }.forEach { play(story + it) }
    }

    private companion object {
        const val LONGEST = 7
    }
}

private class World(
    open: (CallClock) -> CallStore,
) {
    private val clock = ManualClock()
    private val store = open(clock)
    private val hands = listOf(Hand(store, "A"), Hand(store, "B"))
    private val has = arrayOfNulls<Call>(2)
    private var isReady = false
    private var latest: Call? = null
    private var accepted = 0
    var fault: String? = null
        private set

    /** Steps that change nothing are left out: they only make stories longer. */
    fun allows(
        step: Step,
        last: Step?,
    ): Boolean =
        when (step) {
            Step.A_CLAIMS -> has[0] == null
            Step.B_CLAIMS -> has[1] == null
            Step.A_SETTLES -> has[0] != null
            Step.B_SETTLES -> has[1] != null
            Step.A_RENEWS -> last != step && has[0] != null
            Step.B_RENEWS -> last != step && has[1] != null
            Step.SWEEP -> last != step
            Step.TIME_PASSES -> true
        }

    suspend fun take(step: Step) {
        if (!isReady) begin()
        when (step) {
            Step.A_CLAIMS -> claim(0)
            Step.B_CLAIMS -> claim(1)
            Step.A_SETTLES -> settle(0)
            Step.B_SETTLES -> settle(1)
            Step.A_RENEWS -> store.renew("A", VALID)
            Step.B_RENEWS -> store.renew("B", VALID)
            Step.TIME_PASSES -> clock.now += VALID / 2
            Step.SWEEP -> sweep()
        }
        check()
    }

    private suspend fun begin() {
        isReady = true
        hands.forEach { it.join() }
        store.enqueue(listOf(newCall(cid = "c")))
    }

    private suspend fun claim(worker: Int) {
        // A lease that is over is replaced by a fresh one under another nonce, as the keeper does it; the old one is not mended.
        val call = hands[worker].claim().singleOrNull() ?: return
        has[worker] = call
        latest = call
    }

    private suspend fun settle(worker: Int) {
        val call = checkNotNull(has[worker])
        has[worker] = null
        if (hands[worker].settle(call.succeeded()) == SettleResult.STALE) return
        accepted++
        if (call.claim != latest?.claim) fault = "a result of token ${call.token} was accepted, but the latest claim has ${latest?.token}"
        if (latest == null) fault = "a result was accepted of a call that nobody had"
    }

    private suspend fun sweep() {
        for (orphan in store.orphans(null, 10).calls) {
            store.settle(listOf(Settlement(orphan, CallState.READY, AttemptResult.CRASHED)))
            latest = null
        }
    }

    private suspend fun check() {
        val state = store.find("c")?.state
        if (state == null) fault = "the call is lost"
        if (accepted > 1) fault = "two results were accepted"
        if ((state == CallState.SUCCEEDED) != (accepted == 1)) fault = "$accepted accepted, but the call is $state"
    }
}
