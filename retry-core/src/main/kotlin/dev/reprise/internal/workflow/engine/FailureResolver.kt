package dev.reprise.internal.workflow.engine

import dev.reprise.internal.workflow.plan.IntList
import dev.reprise.workflow.model.ControllerAtom
import dev.reprise.workflow.model.ControllerDecision
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.spi.Intention
import kotlin.time.Duration
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/** Calls the controllers around a failed atom, from the inside out, and turns their decision into intentions. */
internal class FailureResolver(
    private val run: RunState,
    private val values: ValueLookup,
    private val deferReverts: Boolean,
    private val clock: TimeSource,
) {
    private val plan get() = run.plan
    private val resumedAt = clock.markNow()
    private val beginnings = HashMap<Int, TimeMark>()
    private val marked = BooleanArray(plan.size)
    private var allMarked = false

    /** @throws RunBrokenException if a controller throws. */
    suspend fun resolve(
        atom: Int,
        failure: Throwable,
    ) {
        var innermost = -1
        var failed = atom
        var asked = plan.responsibleFor(atom)
        while (asked >= 0) {
            val answer = ask(asked, plan.atoms[failed].name, failure)
            run.decided(asked, answer)
            when (answer) {
                is ControllerDecision.Retry -> return retry(asked, answer)
                ControllerDecision.RevertAll -> return revertAll()
                ControllerDecision.Revert -> if (innermost < 0) innermost = asked
            }
            failed = asked
            asked = plan.responsibleFor(asked)
        }
        if (innermost < 0 || deferReverts) revertAll() else revert(innermost)
    }

    /** To be called when [controller] starts an attempt; [waited] is the part of the delay before it that passed before this execution of the run. */
    fun begin(
        controller: Int,
        waited: Duration,
    ) {
        val history = run.record(controller).history!!
        if (history.attempts.isEmpty()) {
            beginnings[controller] = clock.markNow()
        } else {
            beginnings.getOrPut(controller) { resumedAt - history.elapsed() - waited }
        }
    }

    /** To be called when [controller] is about to start another attempt, in which [again] can run again. */
    fun forget(
        controller: Int,
        again: IntList,
    ) {
        marked[controller] = false
        again.forEach { marked[it] = false }
        allMarked = false
    }

    private suspend fun ask(
        controller: Int,
        failed: String,
        failure: Throwable,
    ): ControllerDecision {
        val record = run.record(controller)
        val known = record.history!!.attempts.lastOrNull()
        if (known != null && failed !in known.failures) {
            val history = record.history.mapLast { it.plus(failed, failure, beginning(controller, record.history).elapsedNow()) }
            run.move(controller, record.copy(history = history))
        }
        val atom = plan.atoms[controller] as ControllerAtom
        run.flush()
        return brokenBy(atom.name) {
            atom.controller.onFailure(run.record(controller).history!!.with(values.arguments(controller, atom.arguments)))
        }
    }

    /** The time of a controller that started in an earlier execution continues from the stored time. */
    private fun beginning(
        controller: Int,
        history: ControllerHistory,
    ) = beginnings.getOrPut(controller) { resumedAt - history.elapsed() }

    /** The delays after all attempts except the last one are over. */
    private fun ControllerHistory.elapsed(): Duration =
        maxOf(attempts.last().elapsed, attempts.dropLast(1).maxOfOrNull { it.elapsed + it.delay } ?: Duration.ZERO)

    /** A decision to revert without a retry is final: otherwise a branch would break the reverting of its sibling. */
    private suspend fun retry(
        controller: Int,
        answer: ControllerDecision.Retry,
    ) {
        val record = run.record(controller)
        if (record.intention != Intention.REVERT) {
            run.move(controller, record.copy(intention = Intention.RETRY, history = record.history!!.mapLast { it.then(answer) }))
        }
        markAfter(controller)
    }

    private suspend fun revert(controller: Int) {
        run.intend(IntList().also { it.add(controller) }, Intention.REVERT)
        markAfter(controller)
    }

    /**
     * Many failures can lead to one decision: what is after the controller is marked for the first of them. What has not run need not be
     * marked, because the controller is before it.
     */
    private suspend fun markAfter(controller: Int) {
        if (allMarked || marked[controller]) return
        marked[controller] = true
        run.intend(run.touchedAfter(controller), Intention.REVERT)
    }

    private suspend fun revertAll() {
        if (allMarked) return
        allMarked = true
        run.intend(IntList().also { all -> repeat(plan.size, all::add) }, Intention.REVERT)
    }
}

/** A decider or controller has thrown, so that the run cannot continue. */
internal class RunBrokenException(
    val by: String,
    override val cause: Throwable,
) : RuntimeException(null, cause)

internal inline fun <T> brokenBy(
    atom: String,
    code: () -> T,
): T =
    try {
        code()
    } catch (e: Throwable) {
        throw RunBrokenException(atom, e)
    }
