package dev.reprise.queue

import dev.reprise.internal.engine.ChosenCarrier
import dev.reprise.internal.engine.Request
import dev.reprise.run.ContextCarrier
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import java.io.IOException
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class CallContextTest : FunSpec({
    afterTest { Request.onThread.remove() }

    test("a handler has the context of the caller that enqueued its call, on every thread and in every attempt") {
        val seen = CopyOnWriteArrayList<String?>()
        runBlocking(Dispatchers.Default) {
            coroutineScope {
                val queue =
                    RetryQueue.inMemory {
                        handle(charge) {
                            seen += Request.onThread.get()
                            withContext(Dispatchers.IO) { seen += Request.onThread.get() }
                            if (attempt == 1) throw IOException() else "paid"
                        }
                        policy { every(1.milliseconds).maxAttempts(2) }
                    }
                queue.start(this)
                Request.onThread.set("request 7")
                val handle = queue.enqueue(charge, "42")
                Request.onThread.remove()
                queue.find(handle.cid)!!.headers shouldBe mapOf("request" to "request 7")
                handle.awaitEnd()
                queue.shutdown(1.seconds)
            }
        }
        seen shouldContainExactly List(4) { "request 7" }
    }

    test("carriers that are chosen write instead of those of the process, and none write nothing") {
        runBlocking {
            Request.onThread.set("request 7")
            for ((carriers, written) in mapOf(
                listOf(ChosenCarrier) to mapOf("request" to "request 7, chosen"),
                emptyList<ContextCarrier>() to emptyMap(),
            )) {
                val queue =
                    RetryQueue.inMemory {
                        handle(charge) { "paid" }
                        carriers(*carriers.toTypedArray())
                    }
                queue.find(queue.enqueue(charge, "42").cid)!!.headers shouldBe written
            }
        }
    }

    test("a header that the caller sets wins, and a context that does not fit is left out") {
        runBlocking {
            val queue = RetryQueue.inMemory { handle(charge) { "paid" } }
            Request.onThread.set("request 7")
            val own = queue.enqueue(charge, "42") { header("request", "mine") }
            queue.find(own.cid)!!.headers shouldBe mapOf("request" to "mine")
            Request.onThread.set("7".repeat(10_000))
            val plain = queue.enqueue(charge, "42")
            queue.find(plain.cid)!!.headers.shouldBeEmpty()
        }
    }
})
