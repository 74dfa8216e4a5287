package dev.reprise.temporal

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import java.io.IOException
import java.util.Collections
import kotlin.time.Duration.Companion.milliseconds

private val charge = target("charge")

class OutboxTest : FunSpec({
    test("a handler that enqueues with the id of its own call does so once, however often it is attempted") {
        val charged = Collections.synchronizedList(ArrayList<String>())
        val isNew = Collections.synchronizedList(ArrayList<Boolean>())
        hosted({
            handle(charge) { request ->
                charged += "$request as ${call.cid}"
                request
            }
        }) {
            val here = this
            val outbox =
                RetryQueue.inMemory {
                    handle(charge) { request ->
                        val handle = here.queue.enqueueAs(call.cid, target("charge"), request)
                        isNew += handle.isNew
                        handle.awaitEnd()
                        if (attempt < 3) throw IOException("the transaction of the outbox was lost")
                        "sent"
                    }
                    policy { every(1.milliseconds).maxAttempts(5) }
                }
            val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)
            outbox.start(scope)
            val handle = outbox.enqueue(charge, "42 EUR")
            handle.await() shouldBe "sent"
            outbox.shutdown()
            scope.cancel()
            charged shouldContainExactly listOf("42 EUR as ${handle.cid}")
            isNew shouldContainExactly listOf(true, false, false)
            shouldThrow<IllegalArgumentException> { queue.enqueueAs("cid", charge, "42 EUR") { uniqueKey = "order/42" } }
        }
    }
})
