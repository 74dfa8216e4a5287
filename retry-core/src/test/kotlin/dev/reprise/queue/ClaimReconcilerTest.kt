package dev.reprise.queue

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** A store that is late with one write: its caller gets a failure, and the write takes effect later. */
private class LateStore(
    private val real: CallStore,
) : CallStore by real {
    private lateinit var late: suspend () -> Unit

    /** The name of the write that will be late. */
    var lateWith = ""

    override suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> = inTime("enqueue") { real.enqueue(calls) }

    override suspend fun claim(request: ClaimRequest): ClaimResult = inTime("claim") { real.claim(request) }

    private suspend fun <T> inTime(
        name: String,
        write: suspend () -> T,
    ): T {
        if (lateWith != name) return write()
        lateWith = ""
        late = { write() }
        away()
    }

    suspend fun catchUp(): Unit = late()
}

class ClaimReconcilerTest : FunSpec({
    /** Ten minutes of a queue that is busy with one call throughout, so that its lease does not lapse. */
    fun story(tell: suspend (LateStore, RetryQueue) -> Unit) =
        runTest {
            val begun = ArrayList<String>()
            val store = LateStore(memory())
            val queue =
                RetryQueue.on(store) {
                    handle(charge) {
                        begun += it
                        if (it == "endless") awaitCancellation() else "done"
                    }
                    lane("default") { concurrency = 10 }
                }
            queue.start(backgroundScope)
            queue.enqueue(charge, "endless")
            delay(10.milliseconds)
            tell(store, queue)
            delay(10.minutes)
            begun shouldContainExactly listOf("endless", "a")
            queue.health().run { inFlight to staleResults } shouldBe (1 to 0L)
            queue.shutdown(Duration.ZERO)
        }

    test("a call runs although it was stored as claimed long after its caller got a store failure") {
        story { store, queue ->
            store.lateWith = "enqueue"
            shouldThrow<StoreUnavailableException> { queue.enqueue(charge, "a") }
            delay(30.seconds)
            store.catchUp()
        }
    }

    test("a claim that takes effect long after its worker got a store failure is released") {
        story { store, queue ->
            val a = queue.enqueue(charge, "a") { delay = 10.seconds }
            delay(5.seconds)
            store.lateWith = "claim"
            delay(5.seconds + 1.milliseconds)
            queue.pause("default")
            delay(20.seconds)
            queue.resume("default")
            store.catchUp()
            queue.find(a.cid)!!.state shouldBe CallState.RUNNING
        }
    }
})
