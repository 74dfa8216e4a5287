package dev.reprise.internal.policy

import dev.reprise.policy.FailedAttempt
import dev.reprise.policy.RetryExhaustedException
import dev.reprise.retry
import dev.reprise.retryPolicy
import dev.reprise.testing.FlakyException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.seconds

/** How joined policies treat results if only one part has a rule for them. */
@OptIn(ExperimentalCoroutinesApi::class)
class CombinedResultsTest :
    FunSpec({
        val untilThree =
            retryPolicy {
                every(1.seconds)
                forever()
                onResult<Int> { it < 3 }
            }
        val twice = retryPolicy { maxAttempts(2) }
        val slowly =
            retryPolicy {
                every(10.seconds)
                maxAttempts(5)
            }

        test("in and, the part without such a rule only limits and delays") {
            runTest {
                retry(untilThree and slowly) { number } shouldBe 3
                currentTime shouldBe 20_000
                shouldThrow<RetryExhaustedException> { retry(untilThree and twice) { number } }.lastResult shouldBe 2
            }
        }

        test("joined parts without such a rule are one part without it") {
            for (part in listOf(slowly then slowly, slowly or slowly, slowly and slowly)) {
                runTest {
                    retry(part and untilThree) { number } shouldBe 3
                    retry(untilThree and part) { number } shouldBe 3
                    currentTime shouldBe 40_000
                }
            }
        }

        test("in and, an accepted element uses up no delay of the part without such a rule") {
            val twoWaits = retryPolicy { delays(sequenceOf(1.seconds, 2.seconds)) }
            val notNegative =
                retryPolicy {
                    forever()
                    onResult<Int> { it < 0 }
                }
            for (joined in listOf(twoWaits and notNegative, notNegative and twoWaits)) {
                runTest {
                    var collections = 0
                    val elements =
                        flow {
                            collections++
                            repeat(3) { emit(it) }
                            throw FlakyException()
                        }
                    shouldThrow<FlakyException> { elements.retry(retry { policy(joined) }).collect() }
                    collections shouldBe 3
                }
            }
        }

        test("in or, the part without such a rule rejects no accepted result") {
            runTest {
                retry(untilThree or slowly) { number } shouldBe 3
                retry(slowly or untilThree) { number + 2 } shouldBe 3
                currentTime shouldBe 2_000
            }
        }

        test("in then, the rules of the active part apply") {
            runTest {
                val twiceUntilThree =
                    retryPolicy {
                        maxAttempts(2)
                        onResult<Int> { it < 3 }
                    }
                retry(twiceUntilThree then slowly) { number } shouldBe 2
                retry(twice then untilThree) { if (number < 2) error("first") else number } shouldBe 2
                retry(twiceUntilThree then untilThree) { number } shouldBe 3
            }
        }

        test("a result is decided only if there is a rule for results") {
            shouldThrow<IllegalArgumentException> { twice.session().decide(FailedAttempt(1, 0.seconds, null, "good")) }
        }
    })
