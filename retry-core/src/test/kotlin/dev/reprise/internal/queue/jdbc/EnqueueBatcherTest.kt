package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.newCall
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.milliseconds

/** A store that takes ten milliseconds for a transaction, and the calls of its functions. */
private class SlowStore(
    private val scope: TestScope,
) {
    val log = ArrayList<String>()
    val refused = HashSet<String>()
    var isAway = false
    val groups = EnqueueBatcher(::write)

    @OptIn(ExperimentalCoroutinesApi::class)
    private suspend fun write(calls: List<NewCall>): List<EnqueueResult> {
        log += "${scope.currentTime} ms: ${calls.joinToString(" ") { it.cid }}"
        delay(10.milliseconds)
        if (isAway) throw StoreUnavailableException("away")
        if (calls.any { it.cid in refused }) throw InvalidCallException("refused")
        return calls.map { EnqueueResult(it.cid, isNew = true) }
    }

    /** A caller that enqueues calls at the instant [at]; returns the ids of the accepted ones. */
    fun CoroutineScope.caller(
        at: Int,
        vararg cids: String,
    ): Deferred<List<String>> =
        async {
            delay(at.milliseconds)
            groups.enqueue(cids.map { newCall { copy(cid = it) } }).map { it.cid }
        }
}

class EnqueueBatcherTest : FunSpec({
    fun story(tell: suspend SlowStore.(CoroutineScope) -> Unit) = runTest { supervisorScope { SlowStore(this@runTest).tell(this) } }

    test("calls that are enqueued during a write are written together, and each caller gets its own results") {
        story { scope ->
            val callers = with(scope) { listOf(caller(0, "a"), caller(1, "b"), caller(2, "c", "d"), caller(15, "e")) }
            callers.map { it.await() } shouldContainExactly listOf(listOf("a"), listOf("b"), listOf("c", "d"), listOf("e"))
            log shouldContainExactly listOf("0 ms: a", "10 ms: b c d", "21 ms: e")
        }
    }

    test("callers that return repeatedly are written together, and a caller left alone waits for them once") {
        story { scope ->
            val callers = with(scope) { listOf("a", "b", "c").map { one -> async { repeat(3) { caller(0, "$one$it").await() } } } }
            callers.forEach { it.await() }
            repeat(2) { with(scope) { caller(0, "d$it") }.await() }
            log shouldContainExactly
                listOf("0 ms: a0", "10 ms: b0 c0", "20 ms: a1 b1 c1", "30 ms: a2 b2 c2", "41 ms: d0", "51 ms: d1")
        }
    }

    test("a rejected call does not affect the others") {
        story { scope ->
            refused += "c"
            val callers = with(scope) { listOf(caller(0, "a"), caller(1, "b"), caller(2, "c"), caller(3, "d")) }
            shouldThrow<InvalidCallException> { callers[2].await() }
            listOf(0, 1, 3).map { callers[it].await().single() } shouldContainExactly listOf("a", "b", "d")
            log shouldContainExactly listOf("0 ms: a", "10 ms: b c d", "20 ms: b c", "30 ms: b", "40 ms: c", "50 ms: d")
        }
    }

    test("a group is not written again after an unknown outcome, because the write can have taken effect") {
        story { scope ->
            isAway = true
            val callers = with(scope) { listOf(caller(0, "a"), caller(1, "b"), caller(2, "c")) }
            callers.forEach { shouldThrow<StoreUnavailableException> { it.await() } }
            log shouldContainExactly listOf("0 ms: a", "10 ms: b c")
            isAway = false
            with(scope) { caller(0, "d") }.await() shouldBe listOf("d")
        }
    }

    test("a caller that is cancelled while it waits has enqueued nothing") {
        story { scope ->
            val callers = with(scope) { listOf(caller(0, "a"), caller(1, "b"), caller(2, "c")) }
            delay(5.milliseconds)
            callers[1].cancelAndJoin()
            callers[2].await() shouldBe listOf("c")
            log shouldContainExactly listOf("0 ms: a", "10 ms: c")
        }
    }

    test("cancelling the caller that writes does not cancel the others") {
        story { scope ->
            val callers = with(scope) { listOf(caller(0, "a"), caller(1, "b"), caller(2, "c")) }
            delay(15.milliseconds)
            callers[1].cancelAndJoin()
            callers[2].await() shouldBe listOf("c")
            with(scope) { caller(0, "d") }.await() shouldBe listOf("d")
            log shouldContainExactly listOf("0 ms: a", "10 ms: b c", "21 ms: d")
        }
    }

    test("a caller that is cancelled when its turn comes passes the turn on") {
        story { scope ->
            val callers = with(scope) { listOf(caller(0, "a"), caller(1, "b"), caller(2, "c")) }
            callers[0].invokeOnCompletion { callers[1].cancel() }
            callers[2].await() shouldBe listOf("c")
            log shouldContainExactly listOf("0 ms: a", "10 ms: c")
        }
    }

    test("a caller that is cancelled while its call is being written gets its result") {
        story { scope ->
            val answered = ArrayList<String>()
            with(scope) { listOf(caller(0, "a"), caller(1, "b")) }
            delay(2.milliseconds)
            val waiting = scope.launch { answered += groups.enqueue(listOf(newCall { copy(cid = "c") })).map { it.cid } }
            delay(13.milliseconds)
            waiting.cancelAndJoin()
            log shouldContainExactly listOf("0 ms: a", "10 ms: b c")
            answered shouldContainExactly listOf("c")
        }
    }

    test("calls with keys are written alone where they can wait for one another, and with others where there is one writer") {
        val plain = listOf(newCall(), newCall())
        val keyed = listOf(newCall { copy(uniqueKey = "k") }, newCall { copy(orderKey = "k") }).map { listOf(newCall(), it) }
        EnqueueBatcher.canJoin(plain, PostgresDialect()) shouldBe true
        keyed.map { EnqueueBatcher.canJoin(it, PostgresDialect()) } shouldBe listOf(false, false)
        keyed.map { EnqueueBatcher.canJoin(it, SqliteDialect) } shouldBe listOf(true, true)
    }
})
