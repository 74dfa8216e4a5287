package dev.reprise.queue.crash

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.newCall
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.StoredCall
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly

private fun ended(
    cid: String,
    token: Long = 1,
    state: CallState = CallState.SUCCEEDED,
    callbacks: List<String> = emptyList(),
    attempts: Int = 1,
    handler: String = "work",
) = StoredCall(
    cid,
    newCall(handler, cid = cid) {
        copy(callbacks = callbacks)
    },
    state,
    enqueuedAt = 0,
    dueAt = 0,
    token = token,
    counters = CallCounters(attempts = attempts),
)

private fun callbackOf(
    cid: String,
    of: String,
) = StoredCall(cid, newCall("told", cid = cid) { copy(origCid = of) }, CallState.SUCCEEDED, enqueuedAt = 0, dueAt = 0)

private fun faults(
    log: String,
    vararg calls: StoredCall,
) = HistoryChecker(
    log
        .lines()
        .map { it.trim() }
        .filter { it.isNotEmpty() }
        .map { Happened.parse(it.substringBefore(':'), it.substringAfter(": ")) },
    calls.toList(),
    maxAttempts = 6,
).check().faults

class HistoryCheckerTest : FunSpec({
    test("a good history has no faults") {
        faults(
            """
            producer: accepted a key 100 true
            producer: accepted b key - false
            w1: begins a 1 1 10
            w1: ends a 1 true 20
            w2: begins b 1 1 21
            w2: ends b 1 true 30
            w2: told a c
            """,
            ended("a", callbacks = listOf("told")),
            ended("b"),
            callbackOf("c", "a"),
        ).shouldBeEmpty()
    }

    test("a call that was accepted and is not stored is lost") {
        faults("producer: accepted a - - false") shouldContainExactly listOf("call a, which was accepted, is lost")
    }

    test("a call that is stored twice, and one that was reported twice, ended twice") {
        val log = "w1: begins a 1 1 10\nw1: ends a 1 true 20"
        faults(log, ended("a"), ended("a")) shouldContainExactly listOf("call a is stored 2 times")
        faults(log, ended("a", callbacks = listOf("told")), callbackOf("c", "a"), callbackOf("d", "a")) shouldContainExactly
            listOf("the end of call a was reported by 2 calls")
    }

    test("a success without a handler, an end without a callback, a call that has not ended") {
        faults(
            "w1: begins a 1 1 10\nw1: ends a 1 false 20",
            ended("a"),
            ended("b", state = CallState.DEAD, callbacks = listOf("told")),
            ended("c", state = CallState.RUNNING),
        ) shouldContainExactly
            listOf(
                "call c has not ended, but is RUNNING",
                "call a succeeded with token 1, but no handler returned with that",
                "call b ended without a callback",
            )
    }

    test("a call that overtakes the one before it in its order") {
        faults(
            """
            producer: accepted a key - false
            producer: accepted b key - false
            w1: begins a 1 1 10
            w2: begins b 1 1 19
            w1: ends a 1 true 20
            w2: ends b 1 true 30
            """,
            ended("a"),
            ended("b"),
        ) shouldContainExactly listOf("call b began before a, which is before it in its order, had ended")
    }

    test("a worker that wakes up in a call that died with its workers has not let others overtake it") {
        val log =
            """
            producer: accepted a key - false
            producer: accepted b key - false
            w1: begins a 3 1 10
            w2: begins b 1 1 19
            w1: ends a 1 false 20
            w2: ends b 1 true 30
            """
        faults(log, ended("a", state = CallState.DEAD).copy(deadReason = DeadReason.CRASH_LOOP), ended("b")).shouldBeEmpty()
        faults(log, ended("a", state = CallState.DEAD).copy(deadReason = DeadReason.EXHAUSTED), ended("b")) shouldContainExactly
            listOf("call b began before a, which is before it in its order, had ended")
    }

    test("an attempt too many, and one after the deadline") {
        faults(
            """
            producer: accepted a - 15 false
            w1: begins a 1 1 17
            w1: ends a 1 true 20
            """,
            ended("a", attempts = 7),
        ) shouldContainExactly listOf("call a was attempted 7 times", "call a began 2 ms after its deadline")
    }

    test("two runs at a time are a fault unless the first was held up before the second began") {
        val runs =
            """
            w1: begins a 1 1 10
            w2: begins a 1 2 15
            w1: ends a 1 true 20
            w2: ends a 2 true 30
            """
        faults(runs, ended("a", token = 2)) shouldContainExactly listOf("call a ran with tokens 1 and 2 at a time")
        faults("$runs\nharness: frozen w1 12", ended("a", token = 2)).shouldBeEmpty()
        faults("$runs\nharness: stalled w1 5", ended("a", token = 2)).shouldBeEmpty()
        faults("$runs\nharness: frozen w2 12", ended("a", token = 2)) shouldContainExactly
            listOf("call a ran with tokens 1 and 2 at a time")
        faults("$runs\nharness: frozen w1 16", ended("a", token = 2)) shouldContainExactly
            listOf("call a ran with tokens 1 and 2 at a time")
    }

    test("a call that has died with two workers runs alone, and can wait longer for that") {
        fun log(at: Long) =
            """
            w1: begins a 1 1 10
            harness: killed w1 20
            w2: begins a 1 2 30
            harness: killed w2 40
            w3: begins a 1 3 $at
            w3: ends a 3 true ${at + 1}
            """
        faults(log(120_040), ended("a", token = 3)).shouldBeEmpty()
        faults(log(120_041), ended("a", token = 3)) shouldContainExactly listOf("call a started 120001 ms after the death of its worker")
    }

    test("a call of a killed worker that is not started again within thirty seconds in which nothing else happens") {
        val log =
            """
            w1: begins a 1 1 10
            harness: killed w1 20
            w2: begins a 1 2 30021
            w2: ends a 2 true 30030
            """
        faults(log, ended("a", token = 2)) shouldContainExactly listOf("call a started 30001 ms after the death of its worker")
        faults("$log\nharness: restarted database 1000", ended("a", token = 2)).shouldBeEmpty()
    }

    test("a call that starts while its lane is paused, after all processes can know of that") {
        val log =
            """
            harness: paused paused 1000
            w1: begins a 1 1 6000
            w1: ends a 1 true 6001
            w1: begins b 1 1 7000
            w1: ends b 1 true 7001
            harness: resumed paused 9000
            w1: begins c 1 1 9001
            w1: ends c 1 true 9002
            """
        val calls = listOf("a", "b", "c").map { ended(it, handler = "paused") }.toTypedArray()
        faults(log, *calls) shouldContainExactly listOf("call b started 6000 ms after its lane was paused")
        faults("$log\nharness: thawed w1 6999", *calls).shouldBeEmpty()
    }

    test("a run with an older claim that begins beside a newer one is a fault unless its process has just woken up") {
        val runs =
            """
            w2: begins a 1 2 15000
            w1: begins a 1 1 19000
            w1: ends a 1 true 19500
            w2: ends a 2 true 30000
            """
        val fault = listOf("call a ran with tokens 2 and 1 at a time")
        faults(runs, ended("a", token = 2)) shouldContainExactly fault
        faults("$runs\nharness: frozen w1 2000\nharness: thawed w1 18900", ended("a", token = 2)).shouldBeEmpty()
        faults("$runs\nharness: frozen w1 2000\nharness: thawed w1 17000", ended("a", token = 2)) shouldContainExactly fault
        faults("$runs\nharness: frozen w2 2000\nharness: thawed w2 18900", ended("a", token = 2)) shouldContainExactly fault
    }
})
