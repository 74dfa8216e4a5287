package dev.reprise.samples.migration

import dev.reprise.policy.Jitter
import dev.reprise.retry
import dev.reprise.retryPolicy
import dev.reprise.samples.tour.FarEnd
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What code for other libraries becomes, for `comparison.md`. */
class MigrationTest :
    FunSpec({
        test("from Arrow: four retries, exponential, with jitter") {
            runTest {
                val server = FarEnd(failures = 4)

                fun fetch() = server.call()
                // docs:begin from-arrow
                val fetching = retry {
                    exponential(250.milliseconds) // with full jitter
                    maxRetries(4)
                    on<IOException>()
                }
                val price = fetching { fetch() }
                // docs:end
                price shouldBe "answer 5"
            }
        }

        test("from kotlin-retry: five attempts, binary exponential") {
            runTest {
                val server = FarEnd(failures = 4)

                fun fetch() = server.call()
                // docs:begin from-kotlin-retry
                val fiveTimes = retryPolicy {
                    exponential(10.milliseconds, max = 5.seconds)
                    jitter(Jitter.None)
                    maxAttempts(5)
                    on<IOException>()
                }
                val price = retry(fiveTimes) { fetch() }
                // docs:end
                price shouldBe "answer 5"
                currentTime shouldBe 10 + 20 + 40 + 80
            }
        }

        test("from Temporal: the default policy of an activity") {
            // docs:begin from-temporal
            val activity = retryPolicy {
                exponential(1.seconds, factor = 2.0, max = 100.seconds)
                jitter(Jitter.None)
                forever()
            }
            // docs:end
            activity.simulate(retries = 9).delays.map { it.inWholeSeconds } shouldBe
                listOf(1L, 2, 4, 8, 16, 32, 64, 100, 100)
        }

        test("a block builds; invoking the result runs") {
            runTest {
                val server = FarEnd(failures = 2)

                fun fetch() = server.call()
                // docs:begin build-then-run
                val briefly = retry {
                    every(1.seconds)
                    maxAttempts(5)
                } // builds a Retry; nothing has run so far
                val answer = briefly { fetch() } // runs the body, up to five times
                // docs:end
                answer shouldBe "answer 3"
            }
        }
    })
