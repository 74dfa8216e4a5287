package dev.reprise.queue

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.slf4j.MDC
import java.io.IOException
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private fun mdc() = listOf("cid", "handler", "attempt").map { MDC.get("reprise.$it") }.joinToString(" ")

class CallMdcTest : FunSpec({
    test("a handler has its call in the logging context, on every thread and in every attempt, and no thread has it afterwards") {
        val seen = CopyOnWriteArrayList<String>()
        lateinit var cid: String
        runBlocking(Dispatchers.Default) {
            coroutineScope {
                val queue =
                    RetryQueue.inMemory {
                        handle(charge) {
                            seen += mdc()
                            withContext(Dispatchers.IO) { seen += mdc() }
                            val context = this
                            Thread { context.runAs { seen += mdc() } }.apply { start() }.join()
                            if (attempt == 1) throw IOException() else "paid"
                        }
                        policy { every(1.milliseconds).maxAttempts(2) }
                    }
                queue.start(this)
                cid = queue.enqueue(charge, "42").also { it.awaitEnd() }.cid
                queue.shutdown(1.seconds)
                MDC.get("reprise.cid").shouldBeNull()
            }
        }
        seen shouldContainExactly List(3) { "$cid charge 1" } + List(3) { "$cid charge 2" }
    }

    test("the logging context of a caller is restored after an attempt on its own thread") {
        MDC.put("reprise.cid", "outer")
        try {
            runBlocking {
                val queue = RetryQueue.inMemory { handle(charge) { MDC.get("reprise.handler") } }
                listOf(queue.invoke(charge, "42"), MDC.get("reprise.cid"), MDC.get("reprise.handler")) shouldContainExactly
                    listOf("charge", "outer", null)
            }
        } finally {
            MDC.remove("reprise.cid")
        }
    }
})
