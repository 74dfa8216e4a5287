package dev.reprise.console.internal.pages

import dev.reprise.RetryPolicy
import dev.reprise.policy.Decision
import dev.reprise.policy.FailureDescription
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.CallSummary
import java.time.Duration
import java.time.Instant
import kotlin.random.Random
import kotlin.time.Duration.Companion.ZERO
import kotlin.time.toKotlinDuration
import kotlin.time.Duration as KotlinDuration


/** How a call would have ended: after how many attempts, how long after the first one, and whether it is dead. */
internal class Course(
    val attempts: Int,
    val elapsed: KotlinDuration,
    val isDead: Boolean,
)

/** A call with its failures, under a policy that it did not have. */
internal class Replayed(
    val call: CallSummary,
    val best: Course,
    val worst: Course,
)

/**
 * Replays recorded calls under another policy. An attempt before the last recorded failure of a call is taken to fail, one after its success to
 * succeed. What an attempt between the two would have been is not known: the best course takes it to succeed, the worst to fail. A call that died
 * never succeeded, so both courses fail to their end. Failures are judged by their description, no class of them is loaded.
 */
internal class WhatIf(
    private val policy: RetryPolicy,
) {
    /** Null for a call whose first attempt is not recorded. */
    fun replay(
        call: CallSummary,
        errors: List<AttemptError>,
    ): Replayed? {
        val first = errors.firstOrNull() ?: return null
        val start = first.at.minus(first.getElapsed() ?: Duration.ZERO)
        val lastFailure = offset(start, errors.last().at)
        val success = if (call.state == CallState.SUCCEEDED) call.endedAt?.let { offset(start, it) } else null
        return Replayed(
            call,
            best = course(start, errors) { at -> success == null || at <= lastFailure },
            worst = course(start, errors) { at -> success == null || at < success },
        )
    }

    private fun offset(
        start: Instant,
        at: Instant,
    ) = Duration.between(start, at).toKotlinDuration()

    private fun course(
        start: Instant,
        errors: List<AttemptError>,
        fails: (KotlinDuration) -> Boolean,
    ): Course {
        val session = policy.session(Random(SEED))
        var at = ZERO
        for (number in 1..MOST_ATTEMPTS) {
            if (!fails(at)) return Course(number, at, isDead = false)
            when (val decision = session.decide(number, at, failureAt(start, at, errors))) {
                is Decision.RetryAfter -> at += decision.delay
                is Decision.GiveUp -> return Course(number, at, isDead = true)
            }
        }
        return Course(MOST_ATTEMPTS, at, isDead = false)
    }

    /** The recorded failure that is next to [at]: the last one before it, or the first. */
    private fun failureAt(
        start: Instant,
        at: KotlinDuration,
        errors: List<AttemptError>,
    ): FailureDescription {
        val error = errors.lastOrNull { offset(start, it.at) <= at } ?: errors.first()
        val cause = error.causes.foldRight(null as FailureDescription?) { text, inner -> describe(text, inner) }
        return FailureDescription.of(listOf(error.type), error.message, cause, error.isRetryable, error.getRetryAfter())
    }

    private fun describe(
        text: String,
        inner: FailureDescription?,
    ) = FailureDescription.of(listOf(text.substringBefore(": ")), text.substringAfter(": ", ""), inner)

    private companion object {
        const val SEED = 7
        const val MOST_ATTEMPTS = 2_000
    }
}
