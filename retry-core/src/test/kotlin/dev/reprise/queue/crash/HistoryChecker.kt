package dev.reprise.queue.crash

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.spi.StoredCall

/** A summary of the run, to be printed. */
internal data class CrashReport(
    val calls: Int,
    val attempts: Int,
    val kills: Int,
    val freezes: Int,
    val restarts: Int,
    val stalls: Int,
    val takeovers: Int,
    /** From the death of a worker, or what happened since, to the next start of a call that it was running, in milliseconds. */
    val longestTakeover: Long,
    val lost: Int,
    val doubleCompletions: Int,
    val faults: List<String>,
) {
    override fun toString(): String =
        "$calls calls, $attempts attempts, $kills kills, $freezes freezes, $stalls stalls, $restarts restarts of the database, " +
            "$takeovers takeovers within $longestTakeover ms: " +
            "$lost lost, $doubleCompletions double completions" + faults.take(20).joinToString("") { "\n  $it" }
}

/**
 * Compares what processes logged while they were killed and frozen with what the database contains in the end. [calls] are all that it
 * holds, callbacks as well; a call that it holds twice is in [calls] twice.
 */
internal class HistoryChecker(
    private val history: List<Happened>,
    private val calls: List<StoredCall>,
    private val maxAttempts: Int,
) {
    private class Run(
        val begun: Happened.Begun,
        val until: Long?,
    )

    private val byCid = calls.groupBy { it.cid }
    private val accepted = history.filterIsInstance<Happened.Accepted>()
    private val incidents = history.filterIsInstance<Happened.Incident>()
    private val ends = history.filterIsInstance<Happened.Ended>().associateBy { it.cid to it.token }
    private val begun = history.filterIsInstance<Happened.Begun>()
    private val callbacks = calls.filter { it.handler == CALLBACK }.groupBy { it.request.origCid }
    private val runs: Map<String, List<Run>> = begun.map { Run(it, endOf(it)) }.groupBy { it.begun.cid }

    /** When the run ended, one way or the other: a killed process does no more. */
    private fun endOf(run: Happened.Begun): Long? =
        ends[run.cid to run.token]?.at ?: incidents.firstOrNull { it.process == run.process && it.what == "killed" }?.at

    fun check(): CrashReport {
        val lost = accepted.filter { it.cid !in byCid }.map { "call ${it.cid}, which was accepted, is lost" }
        val doubles = doubles()
        val takeovers = takeovers()
        val faults =
            lost + doubles + unended() + unearned() + callbackFaults() + orderFaults() + policyFaults() + overlaps() + pauseFaults() +
                takeovers
                    .filter {
                        it.millis > if (it.isSuspect) SUSPECT else TAKEOVER
                    }.map { "call ${it.cid} started ${it.millis} ms after the death of its worker" }
        return CrashReport(
            calls = calls.count { it.handler != CALLBACK },
            attempts = begun.size,
            kills = incidents.count { it.what == "killed" },
            freezes = incidents.count { it.what == "frozen" },
            restarts = incidents.count { it.what == "restarted" },
            stalls = incidents.count { it.what == "stalled" },
            takeovers = takeovers.size,
            longestTakeover = takeovers.maxOfOrNull { it.millis } ?: 0,
            lost = lost.size,
            doubleCompletions = doubles.size,
            faults,
        )
    }

    private fun doubles() =
        byCid.filter { it.value.size > 1 }.map { "call ${it.key} is stored ${it.value.size} times" } +
            callbacks.filter { it.value.size > 1 }.map { "the end of call ${it.key} was reported by ${it.value.size} calls" }

    private fun unended() = calls.filter { !it.state.isEnd }.map { "call ${it.cid} has not ended, but is ${it.state}" }

    private fun unearned() =
        calls
            .filter { it.state == CallState.SUCCEEDED && it.handler != CALLBACK && ends[it.cid to it.token]?.isOk != true }
            .map { "call ${it.cid} succeeded with token ${it.token}, but no handler returned with that" }

    private fun callbackFaults() =
        calls
            .filter { it.state.isEnd && it.request.callbacks.isNotEmpty() && it.cid !in callbacks }
            .map { "call ${it.cid} ended without a callback" } +
            history
                .filterIsInstance<Happened.Told>()
                .filter { told -> callbacks[told.callCid]?.any { it.cid == told.cid } != true }
                .map { "the end of call ${it.callCid} was reported by ${it.cid}, which is not its callback" }

    /**
     * Of one producer, calls with the same key begin in the order of their acceptance, and one ends before the next begins; but for one that
     * died with its workers: the last of them may only have been frozen, and wakes up in it later.
     */
    private fun orderFaults(): List<String> =
        accepted.filter { it.orderKey != null }.groupBy { it.process to it.orderKey }.values.flatMap { inOrder ->
            inOrder.filter { it.cid in runs }.zipWithNext().filter { (one) -> !isCrashLoop(one.cid) }.mapNotNull { (one, next) ->
                val lastOfOne = runs.getValue(one.cid).filter { it.begun.token == byCid[one.cid]?.first()?.token }.mapNotNull { it.until }
                val firstOfNext = runs.getValue(next.cid).minOf { it.begun.at }
                "call ${next.cid} began before ${one.cid}, which is before it in its order, had ended"
                    .takeIf { lastOfOne.any { it > firstOfNext } }
            }
        }

    private fun isCrashLoop(cid: String) = byCid[cid]?.any { it.deadReason == DeadReason.CRASH_LOOP } == true

    private fun policyFaults(): List<String> =
        calls.filter { it.counters.attempts > maxAttempts }.map { "call ${it.cid} was attempted ${it.counters.attempts} times" } +
            accepted.filter { it.deadline != null }.flatMap { call ->
                runs[call.cid].orEmpty().filter { it.begun.at >= checkNotNull(call.deadline) }.map {
                    "call ${call.cid} began ${it.begun.at - checkNotNull(call.deadline)} ms after its deadline"
                }
            }

    /**
     * Two runs of one call at a time: only where the one with the older claim had lost its lease, because its process was held up in the
     * midst; or between its last look at the lease and its first line, which then comes as soon as it wakes up.
     */
    private fun overlaps(): List<String> =
        runs.values.flatMap { all ->
            all.sortedBy { it.begun.at }.zipWithNext().mapNotNull { (one, next) ->
                val isOverlap = one.until == null || one.until > next.begun.at
                val wasHeldUp =
                    incidents.any {
                        if (next.begun.token < one.begun.token) {
                            it.what == "thawed" && it.process == next.begun.process && next.begun.at - it.at in 0..WAKING
                        } else {
                            it.at in one.begun.at..next.begun.at && (it.process == one.begun.process || it.process == DATABASE)
                        }
                    } || isStalled(one.begun)
                "call ${one.begun.cid} ran with tokens ${one.begun.token} and ${next.begun.token} at a time".takeIf {
                    isOverlap &&
                        !wasHeldUp
                }
            }
        }

    /** True if the process of [run] was cut off from the database when it began. */
    private fun isStalled(run: Happened.Begun): Boolean =
        incidents.lastOrNull { it.process == run.process && it.at <= run.at && it.what in setOf("stalled", "thawed") }?.what == "stalled"

    /** A call [isSuspect] that has died with two workers or more: one more crash would end it, so it runs alone. */
    private class Takeover(
        val cid: String,
        val millis: Long,
        val isSuspect: Boolean,
    )

    private fun crashes(
        cid: String,
        until: Long,
    ) = incidents.filter { it.what == "killed" && it.at <= until }.sumOf { death ->
        begun.count { it.cid == cid && it.process == death.process && (it.cid to it.token) !in ends }
    }

    /** What killed workers were running, and how long after the last incident it was started again. */
    private fun takeovers(): List<Takeover> =
        incidents.filter { it.what == "killed" }.flatMap { death ->
            begun.filter { it.process == death.process && (it.cid to it.token) !in ends }.mapNotNull { run ->
                val next =
                    runs
                        .getValue(run.cid)
                        .map { it.begun }
                        .filter { it.token > run.token }
                        .minByOrNull { it.at }
                next?.let {
                    Takeover(
                        run.cid,
                        it.at - incidents.filter { one -> one.at in death.at..it.at && one.what != "quiet" }.maxOf { one -> one.at },
                        isSuspect = crashes(run.cid, death.at) >= 2,
                    )
                }
            }
        }

    /** Calls of a paused lane that started while it was paused, in a process that could learn of it. */
    private fun pauseFaults(): List<String> {
        val switches = incidents.filter { it.process == PAUSED }
        return switches.filter { it.what == "paused" }.flatMap { pause ->
            val from = pause.at + PAUSE_IS_KNOWN
            val until = switches.firstOrNull { it.at > pause.at }?.at ?: Long.MAX_VALUE
            val calls = begun.filter { it.at in from..until && byCid[it.cid]?.first()?.handler == PAUSED }
            val late = calls.filter { run -> incidents.none { it.at in pause.at..run.at && it.process in setOf(run.process, DATABASE) } }
            late.map { "call ${it.cid} started ${it.at - pause.at} ms after its lane was paused" }
        }
    }

    companion object {
        const val CALLBACK = "told"

        /** The lane that is paused, and its handler. */
        const val PAUSED = "paused"

        /** In milliseconds. */
        const val TAKEOVER = 30_000L
        const val SUSPECT = 120_000L
        const val PAUSE_IS_KNOWN = 6_000L
        const val DATABASE = "database"

        /** How long a process that was thawed takes to write its next line, in milliseconds. */
        const val WAKING = 1_000L
    }
}
