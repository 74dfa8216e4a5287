package dev.reprise.samples.tour

import dev.reprise.NamedPolicies
import dev.reprise.RetryPolicies
import dev.reprise.RetryPolicy
import dev.reprise.policy.Lint
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.retryPolicy
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.runTest
import java.net.ConnectException
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class ValuesTest :
    FunSpec({
        test("a policy is text, and text is a policy") {
            runTest {
                val api = FarEnd(failures = 2)
                // docs:begin notation
                val policy = retryPolicy {
                    exponential(100.milliseconds, max = 10.seconds)
                    maxAttempts(5)
                    on<ConnectException>()
                }
                val text = policy.notation() // exponential(100ms, max=10s) maxAttempts(5) on(java.net.ConnectException)
                val answer = retry(RetryPolicy.parse(text)) { api.call() }
                // docs:end
                text shouldBe "exponential(100ms, max=10s) maxAttempts(5) on(java.net.ConnectException)"
                RetryPolicy.parse(text) shouldBe policy
                answer shouldBe "answer 3"
            }
        }

        test("policies have names, and are replaced while they are used") {
            runTest {
                val api = FarEnd(failures = 2)
                val configuration = mapOf("prices" to "exponential(100ms, max=2s) maxAttempts(4) on(java.io.IOException)")
                // docs:begin named
                val policies = NamedPolicies.parse(configuration) // name to notation; all mistakes are listed at once
                val prices = policies.retry("prices")
                val answer = prices { api.call() }
                policies.replace("prices", "maxAttempts(1)") // runs that have started keep theirs
                // docs:end
                answer shouldBe "answer 3"
                prices.policy.toString() shouldBe "maxAttempts(1)"
            }
        }

        test("a policy that holds code cannot be stored") {
            shouldThrow<IllegalStateException> {
                retryPolicy {
                    maxAttempts(2)
                    on<ConnectException> { it.message == "refused" }
                }.notation()
            }
        }

        test("a policy explains itself, and simulates a run without waiting") {
            // docs:begin explain
            val policy = retryPolicy {
                fibonacci(1.seconds, max = 1.minutes)
                maxDuration(1.hours)
            }
            val explanation = policy.explain()
            println(explanation.text) // what it does, the first delays, the totals
            println(explanation.lints) // what looks like a mistake

            val run = policy.simulate(seed = 42, retries = 100)
            println("${run.attempts} attempts in ${run.elapsed}, then ${run.stopReason}")
            // docs:end
            explanation.lints shouldBe emptyList()
            run.stopReason shouldBe StopReason.DEADLINE
            run.delays.take(5) shouldBe listOf(1.seconds, 1.seconds, 2.seconds, 3.seconds, 5.seconds)
        }

        test("a policy reports what looks like a mistake") {
            val suspicious = retryPolicy {
                exponential(1.seconds, max = 1.hours)
                maxAttempts(3)
            }
            suspicious.explain().lints.map { it.kind } shouldBe listOf(Lint.Kind.CAP_NEVER_REACHED)
        }

        test("the policies of older systems") {
            // docs:begin presets
            val python = RetryPolicies.pythonRetryable(every = 60.seconds) // @retryable: no limit, unless maxRetries sets one
            val twisted = RetryPolicies.twisted() // RetryingCall: 10 calls, from 10 ms on, the first failure is thrown
            val zato = RetryPolicies.zato(repeats = 3, minutes = 10) // retry_repeats: 3 calls in all
            val pythomnic = RetryPolicies.durableDefault() // 1 minute growing to an hour, 80 retries in three days
            // docs:end
            python.simulate().isTruncated shouldBe true
            twisted.simulate().attempts shouldBe 10
            zato.simulate().attempts shouldBe 3
            pythomnic.simulate().attempts shouldBe 81
        }
    })
