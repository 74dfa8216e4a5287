package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.grouped
import dev.reprise.queue.model.CallState
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.toJavaDuration

/** One number under the policies that were in force, and under another one. */
internal class Comparison(
    /** Its name in the API. */
    val id: String,
    val words: String,
    val was: String,
    val would: String,
)

/** What another policy changes for the remote service and for those who wait for it, over all replayed calls. */
internal class WhatIfTotals(
    private val replayed: List<Replayed>,
) {
    private val succeeded = replayed.filter { it.call.state == CallState.SUCCEEDED }

    val lines: List<Comparison> = listOfNotNull(attempts(), timeToSuccess(), dead(), lastDeath())

    private fun attempts() =
        Comparison(
            "attempts",
            "Attempts, which are calls of the remote service",
            replayed.sumOf { it.call.attempts.toLong() }.grouped(),
            range(replayed.sumOf { it.best.attempts.toLong() }, replayed.sumOf { it.worst.attempts.toLong() }),
        )

    private fun timeToSuccess(): Comparison? {
        if (succeeded.isEmpty()) return null
        val would = range(median(succeeded.map { it.best.elapsed }), median(succeeded.map { it.worst.elapsed }))
        return Comparison("timeToSuccess", "Time to success, median", median(succeeded.mapNotNull { it.was }).forPeople(), would)
    }

    private fun dead() =
        Comparison(
            "dead",
            "Dead",
            replayed.count { it.call.state == CallState.DEAD }.toString(),
            range(replayed.count { it.best.isDead }.toLong(), replayed.count { it.worst.isDead }.toLong()),
        )

    private fun lastDeath(): Comparison? {
        val was = replayed.filter { it.call.state == CallState.DEAD }.mapNotNull { it.call.endedAt }.maxOrNull()
        val best = replayed.filter { it.best.isDead }.maxOfOrNull { end(it, it.best) }
        val worst = replayed.filter { it.worst.isDead }.maxOfOrNull { end(it, it.worst) }
        if (was == null && worst == null) return null
        val would = listOfNotNull(best, worst).distinct().joinToString(" to ") { it.forPeople() }
        return Comparison("lastDeath", "The last one died at", was?.forPeople() ?: "–", would.ifEmpty { "–" })
    }

    private fun end(
        replayed: Replayed,
        course: Course,
    ): Instant = replayed.start.plus(course.elapsed.toJavaDuration())

    private fun median(times: List<Duration>) = times.sorted()[times.size / 2]
}

internal fun range(
    a: Long,
    b: Long,
) = if (a == b) a.grouped() else "${minOf(a, b).grouped()} to ${maxOf(a, b).grouped()}"

internal fun range(
    a: Duration,
    b: Duration,
) = if (a == b) a.forPeople() else "${minOf(a, b).forPeople()} to ${maxOf(a, b).forPeople()}"
