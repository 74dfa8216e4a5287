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

/** How a call would have continued: how many attempts, how long after the first one it ended, and how. */
internal class Course(
    val attempts: Int,
    val elapsed: KotlinDuration,
    val end: End,
) {
    enum class End { SUCCEEDED, DEAD, OPEN }

    val isDead: Boolean get() = end == End.DEAD
}

/** A call with its failures, under a policy that it did not have. */
internal class Replayed(
    val call: CallSummary,
    /** When its first attempt started. */
    val start: Instant,
    val best: Course,
    val worst: Course,
) {
    /** How long after the start of its first attempt it ended; null if it has not ended. */
    val was: KotlinDuration? get() = call.endedAt?.let { Duration.between(start, it).toKotlinDuration() }
}

/**
 * Replays recorded calls under another policy. An attempt before the last recorded failure of a call is taken to fail, one after its success to
 * succeed. What an attempt between the two would have been is not known: the best course takes it to succeed, the worst to fail. A call that died
 * never succeeded, so both courses fail to their end. What has not ended is followed until [now]. Failures are judged by their description, no class of them is loaded.
 */
internal class WhatIf(
    private val policy: RetryPolicy,
    private val now: Instant,
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
            start,
            best = course(call, start, errors) { at -> success == null || at <= lastFailure },
            worst = course(call, start, errors) { at -> success == null || at < success },
        )
    }

    private fun offset(
        start: Instant,
        at: Instant,
    ) = Duration.between(start, at).toKotlinDuration()

    private fun course(
        call: CallSummary,
        start: Instant,
        errors: List<AttemptError>,
        fails: (KotlinDuration) -> Boolean,
    ): Course {
        val session = policy.session(Random(SEED))
        val known = if (call.state.isEnd) KotlinDuration.INFINITE else offset(start, now)
        var at = ZERO
        for (number in 1..MOST_ATTEMPTS) {
            if (!fails(at)) return Course(number, at, Course.End.SUCCEEDED)
            when (val decision = session.decide(number, at, failureAt(start, at, errors))) {
                is Decision.GiveUp -> {
                    return Course(number, at, Course.End.DEAD)
                }

                is Decision.RetryAfter -> {
                    if (at + decision.delay >
                        known
                    ) {
                        return Course(number, known, Course.End.OPEN)
                    } else {
                        at += decision.delay
                    }
                }
            }
        }
        return Course(MOST_ATTEMPTS, at, Course.End.OPEN)
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
