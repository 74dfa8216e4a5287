@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.LONGEST_DELAY_MILLIS
import dev.reprise.retryPolicy
import dev.reprise.testing.HintedException
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private val minutesThenHours =
    retryPolicy {
        every(1.minutes)
        maxDuration(3.minutes)
    } then
        retryPolicy {
            every(1.hours)
            maxAttempts(2)
        }

/** How a policy limits the time of a call by `maxDuration`. */
class PolicyTimeTest : FunSpec({
    /** A queue that retries every minute for three minutes, passes the attempt's number to its handler and records the starts. */
    suspend fun TestScope.queue(handler: suspend CallContext.(String) -> String): Pair<RetryQueue, List<Duration>> {
        val starts = ArrayList<Duration>()
        val queue =
            RetryQueue.on(memory()) {
                policy {
                    every(1.minutes)
                    maxDuration(3.minutes)
                }
                handle(charge) {
                    starts += currentTime.milliseconds
                    handler(it)
                }
            }
        queue.start(backgroundScope)
        return queue to starts
    }

    test("an attempt that is running at the policy's time limit is cancelled and is the last") {
        runTest {
            val (queue, starts) = queue { if (attempt == 2) awaitCancellation() else throw IOException("down") }
            val call = queue.enqueue(charge, "42").awaitEnd()
            currentTime.milliseconds shouldBe 3.minutes
            starts shouldContainExactly listOf(0.minutes, 1.minutes)
            call.deadReason shouldBe DeadReason.EXHAUSTED
            queue.errors(call.cid).last().type shouldContain "AttemptTimeoutException"
        }
    }

    test("a policy that does not cancel lets a running attempt finish, and starts none after its time") {
        runTest {
            val (queue, starts) =
                queue {
                    if (attempt == 2) delay(10.minutes)
                    if (it == "late" && attempt == 2) "paid" else throw IOException("down")
                }
            val policy =
                retryPolicy {
                    every(1.minutes)
                    maxDuration(3.minutes, cancel = false)
                }
            queue.enqueue(charge, "late") { policy(policy) }.await() shouldBe "paid"
            val call = queue.enqueue(charge, "42") { policy(policy) }.awaitEnd()
            call.deadReason shouldBe DeadReason.EXHAUSTED
            starts shouldContainExactly listOf(0.minutes, 1.minutes, 11.minutes, 12.minutes)
            queue.errors(call.cid).last().type shouldContain "IOException"
        }
    }

    test("a failure that asks for a longer delay than the policy accepts ends the call") {
        runTest {
            val (queue, starts) = queue { throw HintedException(null, if (attempt == 1) 5.minutes else 2.hours) }
            val call =
                queue
                    .enqueue(charge, "42") {
                        policy {
                            every(1.minutes)
                            maxRetryAfter(1.hours)
                            maxAttempts(5)
                        }
                    }.awaitEnd()
            starts shouldContainExactly listOf(0.minutes, 5.minutes)
            call.deadReason shouldBe DeadReason.EXHAUSTED
        }
    }

    test("a handler sees the time that its policy has left") {
        runTest {
            val left = ArrayList<Duration>()
            val (queue, _) =
                queue {
                    left += remaining
                    throw IOException("down")
                }
            queue.enqueue(charge, "42").awaitEnd()
            left shouldContainExactly listOf(3.minutes, 2.minutes, 1.minutes)
        }
    }

    test("no retry starts after the policy's time limit, for example after a long pause") {
        runTest {
            val (queue, starts) = queue { throw IOException("down") }
            val handle = queue.enqueue(charge, "42")
            delay(30.seconds)
            queue.pause("default")
            delay(5.hours)
            queue.resume("default")
            val call = handle.awaitEnd()
            starts shouldContainExactly listOf(0.minutes)
            call.deadReason shouldBe DeadReason.EXHAUSTED
            call.counters shouldBe CallCounters(claims = 2, attempts = 1, failures = 1)
        }
    }

    test("a retry that is due when the first part of its policy is over is the first attempt of the second part") {
        runTest {
            val (queue, starts) = queue { throw IOException("down") }
            val handle = queue.enqueue(charge, "42") { policy(minutesThenHours) }
            delay(30.seconds)
            queue.pause("default")
            delay(5.hours)
            queue.resume("default")
            handle.awaitEnd()
            starts shouldContainExactly listOf(0.hours, 5.hours + 30.seconds, 6.hours + 30.seconds)
        }
    }

    test("an attempt that is cancelled at the end of the first part of its policy is not the last") {
        runTest {
            val (queue, starts) = queue { if (attempt == 2) awaitCancellation() else throw IOException("down") }
            queue.enqueue(charge, "42") { policy(minutesThenHours) }.awaitEnd()
            starts shouldContainExactly listOf(0.minutes, 1.minutes, 1.hours + 3.minutes)
        }
    }

    test("the first attempt runs however late it is, also on a second worker that claims the call") {
        runTest {
            val (queue, starts) = queue { throw IOException("down") }
            queue.pause("default")
            val handle = queue.enqueue(charge, "42")
            delay(1.hours)
            val hand = Hand(queue.store).join()
            queue.resume("default")
            hand.settle(hand.claim().single().released())
            queue.pause("default")
            delay(1.hours)
            queue.resume("default")
            handle.awaitEnd().counters.attempts shouldBe 3
            starts shouldContainExactly listOf(2.hours, 2.hours + 1.minutes, 2.hours + 2.minutes)
        }
    }

    test("the time of the policy stands still during a snooze") {
        runTest {
            val (queue, starts) = queue { if (call.counters.snoozes < 2 && attempt == 2) snooze(1.hours) else throw IOException("down") }
            val call = queue.enqueue(charge, "42").awaitEnd()
            call.counters shouldBe CallCounters(claims = 5, attempts = 3, failures = 3, snoozes = 2)
            starts shouldContainExactly
                listOf(0.minutes, 1.minutes, 1.hours + 1.minutes, 2.hours + 1.minutes, 2.hours + 2.minutes)
        }
    }

    test("the initial delay of a policy comes before the first attempt and after the delay of the call") {
        runTest {
            val (queue, starts) = queue { "paid" }
            val handle =
                queue.enqueue(charge, "42") {
                    delay = 10.seconds
                    policy {
                        every(1.seconds)
                        maxAttempts(2)
                        initialDelay(1.minutes)
                    }
                }
            handle.await()
            starts shouldContainExactly listOf(70.seconds)
        }
    }

    test("an infinite delay is a very long one") {
        runTest {
            val (queue, starts) = queue { if (it == "snoozing") snooze(Duration.INFINITE) else "paid" }
            val late = queue.enqueue(charge, "late") { delay = Duration.INFINITE }
            val snoozing = queue.enqueue(charge, "snoozing")
            delay(24.hours)
            starts.size shouldBe 1
            listOf(late, snoozing).map { queue.find(it.cid)!!.state } shouldContainExactly listOf(CallState.READY, CallState.READY)
            queue.find(late.cid)!!.dueAt.toEpochMilli() shouldBe LONGEST_DELAY_MILLIS
        }
    }
})
