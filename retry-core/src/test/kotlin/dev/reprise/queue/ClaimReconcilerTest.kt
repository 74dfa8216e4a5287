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

/** A store that is late with one write: whoever asks for it is told that the store is away, and it is done all the same, later. */
private class LateStore(
    private val real: CallStore,
) : CallStore by real {
    private lateinit var late: suspend () -> Unit

    /** The write that will be late, by its name. */
    var lateWith = ""

    override suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> = inTime("enqueue") { real.enqueue(calls) }

    override suspend fun claim(order: ClaimRequest): ClaimResult = inTime("claim") { real.claim(order) }

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
    /** A queue that is busy with one call for ever, so that its lease does not lapse; ten minutes of its life. */
    fun story(tell: suspend (LateStore, RetryQueue) -> Unit) =
        runTest {
            val begun = ArrayList<String>()
            val store = LateStore(memory())
            val queue =
                RetryQueue(store) {
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
            queue.health().run { inHand to staleResults } shouldBe (1 to 0L)
            queue.shutdown(Duration.ZERO)
        }

    test("a call that is stored as claimed long after its caller was told that the store is away is made all the same") {
        story { store, queue ->
            store.lateWith = "enqueue"
            shouldThrow<StoreUnavailableException> { queue.enqueue(charge, "a") }
            delay(30.seconds)
            store.catchUp()
        }
    }

    test("a claim that is made long after its worker was told that the store is away is given back") {
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
