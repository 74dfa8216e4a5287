package dev.reprise.queue

import dev.reprise.queue.spi.CallCounters
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withContext
import java.util.concurrent.Executor
import java.util.concurrent.RejectedExecutionException
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration

class HandlerExecutorTest : FunSpec({
    test("an executor that rejects a handler costs no attempt: the call is snoozed") {
        val rejections = AtomicInteger(1)
        val executor = Executor { if (rejections.getAndDecrement() > 0) throw RejectedExecutionException("full") else it.run() }
        val queue =
            RetryQueue.inMemory {
                handle(charge) { withContext(executor.asCoroutineDispatcher()) { "paid" } }
                policy { maxAttempts(1) }
            }
        coroutineScope {
            queue.start(this)
            val handle = queue.enqueue(charge, "42")
            handle.await() shouldBe "paid"
            queue.find(handle.cid)!!.counters shouldBe CallCounters(claims = 2, attempts = 1, snoozes = 1)
            queue.shutdown(Duration.ZERO)
        }
    }

    test("a handler that throws a rejection of its own executor counts as failed") {
        val queue =
            RetryQueue.inMemory {
                handle(charge) { throw RejectedExecutionException("my pool is full") }
                policy { maxAttempts(1) }
            }
        coroutineScope {
            queue.start(this)
            queue.enqueue(charge, "42").awaitEnd().counters shouldBe CallCounters(claims = 1, attempts = 1, failures = 1)
            queue.shutdown(Duration.ZERO)
        }
    }
})
