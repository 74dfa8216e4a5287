package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.retry
import dev.reprise.testing.Broken
import dev.reprise.testing.ManualTime
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.seconds

/** True if the flag was set; clears it, for the next test. */
private fun wasInterrupted() = Thread.interrupted()

private fun ManualTime.cutting(configure: RetryBuilder.() -> RetryBuilder) =
    retry {
        testing { timer(this@cutting).timeSource(this@cutting) }
        configure()
    }

/** The blocking runner cancels an attempt by an interrupt; it clears its own interrupt and no other. */
class BlockingCutSpec : FunSpec({
    test("a cancelled attempt leaves no interrupt behind, however the body handled it") {
        val time = ManualTime()
        val retry =
            retry {
                attemptTimeout(2.seconds)
                maxAttempts(4)
                testing { timer(time).timeSource(time) }
            }
        val flags = ArrayList<Boolean>()
        retry.callBlocking {
            flags += Thread.currentThread().isInterrupted
            when (number) {
                // Lets it through.
                1 -> {
                    time.pass(60.seconds)
                }

                // Turns it into its own failure and sets the flag, as it should.
                2 -> {
                    try {
                        time.pass(60.seconds)
                    } catch (_: InterruptedException) {
                        Thread.currentThread().interrupt()
                        throw Broken("turned")
                    }
                }

                // Fails without checking it.
                3 -> {
                    time.advance(2.seconds)
                    throw Broken("did not look")
                }
            }
        }
        flags shouldContainExactly listOf(false, false, false, false)
        wasInterrupted() shouldBe false
    }

    test("what a body throws when it is cancelled is suppressed in the timeout") {
        val time = ManualTime()
        val turned = Broken("turned")
        val thrown =
            shouldThrowAny {
                retry {
                    attemptTimeout(2.seconds)
                    maxAttempts(1)
                    testing { timer(time).timeSource(time) }
                }.callBlocking {
                    try {
                        time.pass(60.seconds)
                    } catch (_: InterruptedException) {
                        throw turned
                    }
                }
            }
        thrown.suppressed.toList() shouldContain turned
    }

    test("a body that swallows its cancellation and returns a value has succeeded") {
        val time = ManualTime()
        retry {
            attemptTimeout(2.seconds)
            maxAttempts(3)
            testing { timer(time).timeSource(time) }
        }.callBlocking {
            try {
                time.pass(60.seconds)
            } catch (_: InterruptedException) {
            }
            "late but fine $number"
        } shouldBe "late but fine 1"
        wasInterrupted() shouldBe false
    }

    test("an external interrupt that is pending when the attempt is cancelled ends the run, and the flag stays set") {
        val time = ManualTime()
        var calls = 0
        val thrown =
            shouldThrow<InterruptedException> {
                time
                    .cutting {
                        attemptTimeout(1.seconds)
                        maxAttempts(3)
                    }.callBlocking {
                        calls++
                        Thread.currentThread().interrupt()
                        time.advance(2.seconds)
                        throw Broken("did not look")
                    }
            }
        wasInterrupted() shouldBe true
        calls shouldBe 1
        thrown.suppressed.map { it.message } shouldContain "attempt 1 timed out after 1s"
    }

    test("an external interrupt that is pending when the attempt is cancelled outlives a body that returns") {
        val time = ManualTime()
        time
            .cutting {
                attemptTimeout(1.seconds)
                maxAttempts(3)
            }.callBlocking {
                Thread.currentThread().interrupt()
                time.advance(2.seconds)
                "fine"
            } shouldBe "fine"
        wasInterrupted() shouldBe true
    }

    test("an external interrupt and a cancellation that a body sees as one: the interrupt is kept") {
        val time = ManualTime()
        var calls = 0
        val sleeper = Thread.currentThread()
        time.at(1.seconds) { sleeper.interrupt() }
        shouldThrow<InterruptedException> {
            time
                .cutting {
                    attemptTimeout(1.seconds)
                    maxAttempts(3)
                }.callBlocking {
                    calls++
                    time.advance(1.seconds)
                    if (Thread.interrupted()) throw InterruptedException("seen once")
                }
        }
        wasInterrupted() shouldBe true
        calls shouldBe 1
    }

    test("an external interrupt that the body handled before the cancellation is not restored") {
        val time = ManualTime()
        time
            .cutting {
                attemptTimeout(1.seconds)
                maxAttempts(3)
            }.callBlocking {
                if (number == 1) Thread.currentThread().interrupt()
                Thread.interrupted() shouldBe (number == 1)
                time.advance(2.seconds)
                if (number < 3) throw Broken("did not look")
            }
        wasInterrupted() shouldBe false
    }

    test("an outer run is cancelled although the attempt inside is cancelled at the same time") {
        val time = ManualTime()
        var calls = 0
        val inner =
            time.cutting {
                attemptTimeout(1.seconds)
                maxAttempts(100)
            }
        shouldThrow<AttemptTimeoutException> {
            time
                .cutting {
                    attemptTimeout(2.seconds)
                    maxAttempts(1)
                }.callBlocking {
                    inner.callBlocking {
                        calls++
                        time.advance(1.seconds)
                        if (Thread.interrupted()) throw InterruptedException("seen once")
                    }
                }
        }
        wasInterrupted() shouldBe false
        calls shouldBe 2
        time.nanos shouldBe 2_000_000_000
    }

    test("two cancellations that no body has seen leave no interrupt behind") {
        val time = ManualTime()
        var outerCalls = 0
        val inner =
            time.cutting {
                attemptTimeout(1.seconds)
                maxAttempts(1)
            }
        time
            .cutting {
                attemptTimeout(2.seconds)
                maxAttempts(2)
            }.callBlocking {
                if (++outerCalls == 1) {
                    inner.callBlocking {
                        time.advance(3.seconds)
                        throw Broken("did not look")
                    }
                }
            }
        wasInterrupted() shouldBe false
        outerCalls shouldBe 2
    }
})
