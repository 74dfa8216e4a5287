package dev.reprise.internal.engine

import dev.reprise.run.StopSignal
import dev.reprise.testing.Broken
import dev.reprise.testing.story
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val a = Broken("a")
private val b = Broken("b")

/** How a stop ends a run: every runner runs the same stories and records exactly the same events. */
class RunStopsSpec : FunSpec({
    story(
        name = "stopped before the first attempt",
        configure = {
            stopWhen(StopSignal().also { it.stop("closing") })
            every(1.seconds)
        },
        body = { throw a },
        expected =
            """
            told gave up after 0 at 0s: STOPPED
            throws RetryStoppedException (0 attempts, 0 calls, 0s, STOPPED, first null, recent [])
            """.trimIndent(),
    ) { failure!!.message shouldBe "stopped (closing) before an attempt ended" }

    story(
        name = "a stop ends a wait",
        configure = { world ->
            val signal = StopSignal()
            world.at(2500.milliseconds) { signal.stop() }
            stopWhen(signal)
            every(1.seconds)
        },
        body = { number -> throw if (number == 1) a else b },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 1s
            2 starts at 1s
            told 2 failed: b, again in 1s
            3 starts at 2s
            told 3 failed: b, again in 1s
            told gave up after 3 at 2.5s: STOPPED
            throws b (3 attempts, 3 calls, 2.5s, STOPPED, first a, recent [a, b, b])
            """.trimIndent(),
    ) { failure shouldBeSameInstanceAs b }

    story(
        name = "an attempt that is running at a stop may finish, and fails",
        configure = { world ->
            val signal = StopSignal()
            world.at(1.seconds) { signal.stop() }
            stopWhen(signal)
            every(1.seconds)
        },
        body = {
            pass(10.seconds)
            throw a
        },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, no more: STOPPED
            told gave up after 1 at 10s: STOPPED
            throws a (1 attempts, 1 calls, 10s, STOPPED, first a, recent [a])
            """.trimIndent(),
    )

    story(
        name = "an attempt that is running at a stop may finish, and counts",
        configure = { world ->
            val signal = StopSignal()
            world.at(1.seconds) { signal.stop() }
            stopWhen(signal)
            every(1.seconds)
        },
        body = {
            pass(10.seconds)
            "fine"
        },
        expected =
            """
            1 starts at 0s
            told 1 succeeded at 10s
            returns fine
            """.trimIndent(),
    )

    story(
        name = "an attempt is cancelled when its grace period after a stop ends, and the previous failure is thrown",
        configure = { world ->
            val signal = StopSignal()
            world.at(3.seconds) { signal.stop() }
            stopWhen(signal, grace = 5.seconds)
            every(1.seconds)
        },
        body = { number -> if (number == 1) throw a else pass(60.seconds) },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 1s
            2 starts at 1s
            told 2 failed: RetryStoppedException, no more: STOPPED
            told gave up after 2 at 8s: STOPPED
            throws a (2 attempts, 2 calls, 8s, STOPPED, first a, recent [a])
            """.trimIndent(),
    ) { failure shouldBeSameInstanceAs a }

    story(
        name = "each of several stops has its own grace period; the first to end cancels the attempt",
        configure = { world ->
            val patient = StopSignal()
            val hasty = StopSignal()
            world.at(1.seconds) { patient.stop() }
            world.at(2.seconds) { hasty.stop() }
            stopWhen(patient, grace = 60.seconds)
            stopWhen(hasty, grace = 1.seconds)
            every(1.seconds)
        },
        body = { pass(600.seconds) },
        expected =
            """
            1 starts at 0s
            told 1 failed: RetryStoppedException, no more: STOPPED
            told gave up after 1 at 3s: STOPPED
            throws RetryStoppedException (1 attempts, 1 calls, 3s, STOPPED, first RetryStoppedException, recent [RetryStoppedException])
            """.trimIndent(),
    )

    story(
        name = "a stop during the initial delay: no attempt",
        configure = { world ->
            val signal = StopSignal()
            world.at(1.seconds) { signal.stop() }
            stopWhen(signal)
            initialDelay(5.seconds)
        },
        body = { throw a },
        expected =
            """
            told gave up after 0 at 1s: STOPPED
            throws RetryStoppedException (0 attempts, 0 calls, 1s, STOPPED, first null, recent [])
            """.trimIndent(),
    )
})
