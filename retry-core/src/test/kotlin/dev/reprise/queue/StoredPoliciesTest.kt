@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Diagnosis
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest
import java.net.URLClassLoader
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

private class Busy : RuntimeException("busy")

private const val ONLY_ELSEWHERE = "every(50ms) maxAttempts(1) on(shop.PaymentRefused)"

/** Runs [body] on a thread that finds no classes but those of the JDK. */
private inline fun <T> withoutApplication(body: () -> T): T {
    val thread = Thread.currentThread()
    val before = thread.contextClassLoader
    thread.contextClassLoader = URLClassLoader(emptyArray(), null)
    try {
        return body()
    } finally {
        thread.contextClassLoader = before
    }
}

class StoredPoliciesTest : FunSpec({
    test("a policy that names a class of the application is that of the call, whatever the threads of the queue find") {
        runTest {
            val store = memory()
            var attempts = 0
            withoutApplication {
                val queue =
                    RetryQueue.on(store) {
                        handle(charge) {
                            attempts++
                            throw Busy()
                        }
                    }
                val handle =
                    queue.enqueue(charge, "42") {
                        policy {
                            on<Busy>()
                            every(50.milliseconds)
                            maxAttempts(5)
                        }
                    }
                queue.start(backgroundScope)
                handle.awaitEnd().attempts shouldBe 5
            }
        }
    }

    test("the classes of a policy that another process wrote are those that the handler knows") {
        runTest {
            val store = memory()
            RetryQueue.on(store).enqueue(charge, "42") {
                policy {
                    on<Busy>()
                    every(50.milliseconds)
                    maxAttempts(5)
                }
            }
            withoutApplication {
                var attempts = 0
                val queue =
                    RetryQueue.on(store) {
                        handle(charge) {
                            attempts++
                            throw Busy()
                        }
                    }
                queue.start(backgroundScope)
                delay(1.minutes)
                attempts shouldBe 5
            }
        }
    }

    test("a call whose policy cannot be read here is not attempted, and why tells what is missing") {
        runTest {
            val store = memory()
            val call = newCall { copy(policy = ONLY_ELSEWHERE) }
            store.enqueue(listOf(call))
            val queue = RetryQueue.on(store) { handle(charge) { error("called") } }
            queue.start(backgroundScope)
            delay(1.hours)
            val found = store.find(call.cid)!!
            found.state shouldBe CallState.READY
            found.counters.attempts shouldBe 0
            val why = queue.why(call.cid)
            why.reason shouldBe Diagnosis.Reason.UNREADABLE_POLICY
            why.text shouldContain "shop.PaymentRefused"
        }
    }
})
