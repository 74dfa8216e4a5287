@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.FailureText
import dev.reprise.queue.model.target
import dev.reprise.testing.logLines
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldNotContain
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.net.ConnectException
import java.util.concurrent.TimeoutException
import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What a queue logs from INFO on, while [play] runs; handlers do [work], by a policy of three attempts. */
private fun logged(
    settings: RetryQueueBuilder.() -> Unit = {},
    work: (String) -> String = { throw ConnectException("refused") },
    play: suspend TestScope.(RetryQueue) -> Unit,
): List<String> =
    logLines("dev.reprise.queue", Level.INFO) {
        runTest {
            val queue =
                RetryQueue.on(memory()) {
                    workerName = "w1"
                    handle(charge) { work(it) }
                    policy { every(1.minutes).maxAttempts(3) }
                    settings()
                }
            queue.start(backgroundScope)
            play(queue)
            queue.shutdown(1.seconds)
        }
    }

private val other = target("other")

private val String.firstLine get() = substringBefore('\n')

class CallLogTest : FunSpec({
    test("attempts that are retried are logged with what comes next, and a death with its age and what failed first") {
        var attempts = 0
        lateinit var cid: String
        val lines =
            logged(work = { if (attempts++ == 0) throw TimeoutException("slow") else throw ConnectException("refused\nby 10.0.0.1") }) {
                cid = it.enqueue(charge, "42").also { call -> call.awaitEnd() }.cid
            }
        lines.map { it.firstLine } shouldContainExactly
            listOf(
                "queue.attempts WARNING call=$cid handler=charge attempt 1 of 3 failed: java.util.concurrent.TimeoutException: slow; " +
                    "due again at 1970-01-01T00:01:00Z; worker 'w1'",
                "queue.attempts WARNING call=$cid handler=charge attempt 2 of 3 failed: java.net.ConnectException: refused by 10.0.0.1; " +
                    "due again at 1970-01-01T00:02:00Z; worker 'w1'",
                "queue.deaths SEVERE call=$cid handler=charge died, EXHAUSTED, after 3 attempts, 2m after it was enqueued: " +
                    "java.net.ConnectException: refused by 10.0.0.1; first failure: java.util.concurrent.TimeoutException: slow; " +
                    "replay starts it again",
            )
    }

    test("the first line of each error class in a minute has a stack trace, and so has every death") {
        val lines =
            logged { queue ->
                queue.enqueueAll(charge, List(2) { "$it" })
                delay(3.minutes)
            }
        lines.map { "${it.substringBefore(' ')} ${"\n\tat " in it}" } shouldContainExactly
            listOf("queue.attempts true", "queue.attempts false", "queue.attempts true", "queue.attempts false") +
            List(2) { "queue.deaths true" }
    }

    test("after ten lines in a minute the rest is summed up, by error class") {
        val lines =
            logged(settings = { policy { every(10.minutes).maxAttempts(3) } }, work = {
                if (it.toInt() % 4 == 0) throw TimeoutException() else throw ConnectException()
            }) { queue ->
                queue.enqueueAll(charge, List(30) { "$it" })
                delay(2.minutes)
            }
        lines.size shouldBe 11
        lines.last() shouldBe "queue.attempts WARNING charge: 20 more attempts failed: ConnectException 15, TimeoutException 5"
    }

    test("what is not to be stored is not logged") {
        val lines =
            logged(settings = { failureText(FailureText::typeOnly) }, work = { throw IOException("4711", IOException("4712")) }) {
                it.enqueue(charge, "42").awaitEnd()
            }
        lines.size shouldBe 3
        lines.forEach { it shouldNotContain "471" }
        lines.last() shouldContain "java.io.IOException; replay"
    }

    test("calls of a dead worker that are taken over are one line, and a call that kills its workers names them") {
        lateinit var cid: String
        val lines =
            logLines("dev.reprise.queue", Level.INFO) {
                runTest {
                    val memory = memory()
                    val queue = RetryQueue.on(memory) { handle(charge) { "paid" } }
                    cid = queue.enqueue(charge, "42").cid
                    repeat(3) {
                        val dead = Hand(memory, "nonce$it")
                        memory.openLease(dead.nonce, "pid $it", isNamed = false, VALID)
                        dead.claim().forEach { call -> memory.recordStart(call) }
                        if (it == 0) queue.enqueue(charge, "43").also { dead.claim() }
                        val finder = RetryQueue.on(memory) { handle(other) { it } }
                        finder.start(backgroundScope)
                        delay(3.minutes)
                        finder.shutdown(1.seconds)
                    }
                }
            }
        lines.take(3).map {
            it.firstLine.substringBefore(", whose lease ended").replace(Regex(", \\S+ after it was enqueued"), "")
        } shouldContainExactly
            listOf(
                "queue.workers WARNING took over 2 calls of the worker 'pid 0'",
                "queue.workers WARNING took over 2 calls of the worker 'pid 1'",
                "queue.deaths SEVERE call=$cid handler=charge died, CRASH_LOOP, after 0 attempts: " +
                    "dev.reprise.queue.WorkerDied: the worker 'pid 2' died, or lost its connection, while it had claimed the call; " +
                    "before, 'pid 0', 'pid 1'; replay starts it again",
            )
    }

    test("a lost lease says how many handlers are cancelled, and an outage when it is over") {
        val lines =
            logLines("dev.reprise.queue", Level.INFO) {
                runTest {
                    val store = FaultyStore(memory())
                    val queue =
                        RetryQueue.on(store) {
                            workerName = "w1"
                            handle(charge) { awaitCancellation() }
                        }
                    queue.start(backgroundScope)
                    queue.enqueue(charge, "42")
                    delay(1.seconds)
                    store.before = { away() }
                    delay(20.seconds)
                    store.before = {}
                    delay(10.seconds)
                }
            }
        val away = "dev.reprise.queue.model.StoreUnavailableException: away"
        lines.map { it.firstLine.substringBefore(", after ") } shouldContainExactly
            listOf(
                "queue.store WARNING the store does not respond; it is called until it does: $away",
                "queue.workers SEVERE the lease of the worker 'w1' is over, 15s after its last renewal; 1 handler cancelled; " +
                    "other workers take over its calls",
                "queue.store INFO the store responds again",
            )
    }

    test("a paused lane is logged, a run in this process and a success are not") {
        val lines =
            logged(work = { "paid" }) { queue ->
                queue.pause("default")
                queue.resume("default")
                queue.enqueue(charge, "42").awaitEnd()
                queue.invoke(charge, "42")
            }
        lines shouldContainExactly
            listOf("queue.operator INFO the lane 'default' was paused", "queue.operator INFO the lane 'default' was resumed")
    }

    test("a logger that throws changes nothing") {
        val logger = Logger.getLogger("dev.reprise.queue")
        val broken =
            object : Handler() {
                override fun publish(record: LogRecord): Unit = throw IllegalStateException("full")

                override fun flush() = Unit

                override fun close() = Unit
            }
        logger.addHandler(broken)
        logger.useParentHandlers = false
        try {
            runTest {
                val queue =
                    RetryQueue.on(memory()) {
                        handle(charge) { throw ConnectException("refused") }
                        policy { every(1.minutes).maxAttempts(3) }
                    }
                queue.start(backgroundScope)
                queue.enqueue(charge, "42").awaitEnd().attempts shouldBe 3
            }
        } finally {
            logger.removeHandler(broken)
            logger.useParentHandlers = true
        }
    }

    test("why says what failed last") {
        runTest {
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) { throw ConnectException("refused") }
                    policy { every(1.minutes).maxAttempts(3) }
                }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42")
            delay(90.seconds)
            queue.why(handle.cid).text shouldBe "it is due at 1970-01-01T00:02:00Z, after 2 attempts; last: ConnectException: refused"
            handle.awaitEnd()
            queue.why(handle.cid).text shouldEndWith "EXHAUSTED; replay starts it again; last: ConnectException: refused"
        }
    }
})
