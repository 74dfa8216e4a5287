package dev.reprise.samples.tour

import dev.reprise.RetryPolicy
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import dev.reprise.policy.FailureDescription
import dev.reprise.policy.Jitter
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.retryPolicy
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.runTest
import java.io.FileNotFoundException
import java.io.IOException
import java.net.ConnectException
import java.sql.SQLException
import java.sql.SQLTransientException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private class Reply(
    val status: Int,
    val retryAfter: Duration?,
)

class PoliciesTest :
    FunSpec({
        test("which failures") {
            // docs:begin which
            val policy = retryPolicy {
                every(1.seconds)
                maxAttempts(5)
                on<IOException>()
                on<SQLException> { it.sqlState == "40001" }
                on<SQLTransientException>(inCauses = true)
                unless<FileNotFoundException>()
                onResult<String> { it == "try later" }
            }
            // docs:end
            policy.after(IOException()).delay shouldBe 1.seconds
            policy.after(SQLException("serialization", "40001")).delay shouldBe 1.seconds
            policy.after(SQLException("syntax", "42601")).stopReason shouldBe StopReason.NOT_RETRYABLE
            policy.after(RuntimeException(SQLTransientException())).delay shouldBe 1.seconds
            policy.after(FileNotFoundException()).stopReason shouldBe StopReason.NOT_RETRYABLE
            policy.session().decide(FailedAttempt(1, Duration.ZERO, null, "try later")).delay shouldBe 1.seconds
        }

        test("a rule with its own delays, and a hint of the server") {
            // docs:begin own-waits
            val policy = retryPolicy {
                every(1.seconds)
                on<ConnectException>()
                on<Throttled>(schedule = { exponential(10.seconds, max = 5.minutes) })
                maxAttempts(10)
            }
            // docs:end
            policy.after(ConnectException()).delay shouldBe 1.seconds
            policy.after(Throttled(30.seconds)).delay shouldBe 30.seconds
        }

        test("a tester with a state") {
            runTest {
                // docs:begin tester
                val testing = retry {
                    every(1.seconds)
                    forever()
                    failureTester {
                        var refusals = 0
                        { failure -> if (failure is ConnectException && ++refusals == 3) failure else null }
                    }
                }
                // docs:end
                val server = FarEnd(failures = 99)
                shouldThrow<ConnectException> { testing { server.call() } }.retryReport?.attempts shouldBe 3
                server.calls shouldBe 3
            }
        }

        test("how long") {
            // docs:begin how-long
            retryPolicy {
                maxAttempts(5)
                every(5.seconds)
            } // 5 s, 5 s, 5 s, 5 s
            retryPolicy {
                maxAttempts(5)
                exponential(1.seconds, max = 5.seconds)
            } // up to 1 s, 2 s, 4 s, 5 s
            retryPolicy {
                maxAttempts(5)
                linear(1.seconds, step = 2.seconds)
            } // 1 s, 3 s, 5 s, 7 s
            retryPolicy {
                maxAttempts(5)
                fibonacci(1.seconds)
            } // 1 s, 1 s, 2 s, 3 s
            retryPolicy { delays(listOf(1.seconds, 10.seconds)) } // 1 s, 10 s, then no more
            retryPolicy { delays(generateSequence(1.seconds) { it * 3 }) } // 1 s, 3 s, 9 s, …
            // docs:end
            val waits = listOf(
                retryPolicy {
                    maxAttempts(5)
                    every(5.seconds)
                },
                retryPolicy {
                    maxAttempts(5)
                    linear(1.seconds, step = 2.seconds)
                },
                retryPolicy {
                    maxAttempts(5)
                    fibonacci(1.seconds)
                },
                retryPolicy { delays(listOf(1.seconds, 10.seconds)) },
                retryPolicy { delays(generateSequence(1.seconds) { it * 3 }) },
            ).map { it.waits() }
            waits shouldBe listOf(listOf(5, 5, 5, 5), listOf(1, 3, 5, 7), listOf(1, 1, 2, 3), listOf(1, 10), listOf(1, 3, 9, 27))
        }

        test("jitter, and delays that the server requests") {
            // docs:begin spread
            val policy = retryPolicy {
                initialDelay(1.seconds)
                exponential(1.seconds, max = 1.minutes)
                jitter(Jitter.EQUAL)
                retryAfter { failure -> (failure as? Throttled)?.retryAfter }
                maxAttempts(8)
            }
            // docs:end
            val first = policy.after(IOException()) as Decision.RetryAfter
            first.delay shouldBeLessThanOrEqualTo 1.seconds
            policy.after(Throttled(2.minutes)).delay shouldBe 2.minutes
        }

        test("asked for by a response") {
            // docs:begin result-hint
            val polite = retry {
                exponential(100.milliseconds, max = 2.seconds)
                onResult<Reply> { it.status == 429 || it.status == 503 }
                retryAfterResult<Reply> { it.retryAfter }
                maxRetryAfter(30.seconds) // a server that asks for more gets no second request
                maxAttempts(5)
            }
            // docs:end
            val session = polite.policy.session()
            session.decide(FailedAttempt(1, Duration.ZERO, null, Reply(503, 9.seconds))).delay shouldBe 9.seconds
            session.decide(FailedAttempt(2, Duration.ZERO, null, Reply(503, 1.hours))).stopReason shouldBe StopReason.DEADLINE
        }

        test("decided elsewhere") {
            val policy = RetryPolicy.parse("on(java.io.IOException) linear(1s) jitter(0.5) maxAttempts(5)")
            // docs:begin session
            val session = policy.session()
            val failure = FailureDescription.of(listOf("com.acme.Busy", "java.io.IOException"), message = "busy")
            val decision = session.decide(1, elapsed = 2.seconds, failure)
            val state = session.state // null if the policy remembers nothing; policy.session(state = state) continues
            // docs:end
            decision.delay!! shouldBeLessThanOrEqualTo 1.5.seconds
            state shouldBe null
        }

        test("when to give up") {
            val shutdown = StopSignal()
            // docs:begin when
            val patiently = retry {
                exponential(1.seconds, max = 10.seconds)
                maxAttempts(10) // attempts in total, including the first; or maxRetries(9), or forever()
                maxDuration(2.minutes) // for the whole run
                attemptTimeout(5.seconds) // for each attempt
                stopWhen(shutdown, grace = 3.seconds) // a running attempt can take 3 s more
            }
            // docs:end
            patiently.policy
                .session()
                .decide(FailedAttempt(10, 1.seconds, IOException()))
                .stopReason shouldBe StopReason.EXHAUSTED
            patiently.policy
                .session()
                .decide(FailedAttempt(2, 2.minutes, IOException()))
                .stopReason shouldBe StopReason.DEADLINE
        }

        test("a policy without a limit is rejected") {
            shouldThrow<IllegalArgumentException> { retryPolicy { every(1.seconds) } }
        }

        test("policies are joined") {
            // docs:begin join
            val quick = retryPolicy {
                every(1.seconds)
                maxAttempts(3)
            }
            val patient = retryPolicy {
                every(60.seconds)
                maxDuration(10.minutes)
            }

            val first = quick and patient // stops if either stops; the longer delay
            val either = quick or patient // continues if either does; the shorter delay
            val both = quick then patient // 2 quick retries, then patient ones
            // docs:end
            first.waits() shouldBe listOf(60, 60)
            either.waits(3) shouldBe listOf(1, 1, 60)
            both.waits(4) shouldBe listOf(1, 1, 60, 60)
        }
    })

private fun RetryPolicy.after(failure: Throwable): Decision = session().decide(FailedAttempt(1, Duration.ZERO, failure))

/** The first delays of a run that always fails, in seconds. */
private fun RetryPolicy.waits(count: Int = 4): List<Long> {
    val session = session()
    return generateSequence(1) { it + 1 }
        .map { session.decide(FailedAttempt(it, Duration.ZERO, IOException())) }
        .takeWhile { it is Decision.RetryAfter }
        .map { (it as Decision.RetryAfter).delay.inWholeSeconds }
        .take(count)
        .toList()
}
