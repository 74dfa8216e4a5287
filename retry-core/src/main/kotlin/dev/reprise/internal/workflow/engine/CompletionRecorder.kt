package dev.reprise.internal.workflow.engine

import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.UnstorableResultException
import dev.reprise.workflow.spi.TaskRecord

/** Records how atoms ended, and has a failure resolved. */
internal class CompletionRecorder(
    private val run: RunState,
    private val resolver: FailureResolver,
    private val onFailure: FailureMode,
) {
    /** What stops the run, in the order of occurrence. */
    val stops = ArrayList<Stop>()

    suspend fun finish(ended: TaskEnd) {
        val failure = ended.failure
        when {
            ended.reverts && failure == null -> reverted(ended.atom, ended.result)
            ended.reverts -> notReverted(ended.atom, failure!!)
            failure == null -> executed(ended.atom, ended.result)
            else -> failed(ended.atom, failure)
        }
    }

    /** Resolves the failure of an atom that has been recorded. */
    suspend fun resolve(atom: Int) {
        val record = run.record(atom)
        decide(atom, checkNotNull(record.failure) { "${record.name} has failed without a failure" })
    }

    private suspend fun executed(
        atom: Int,
        result: Any?,
    ) {
        val record = run.record(atom)
        val done =
            record.copy(
                state = TaskState.SUCCESS,
                result = if (record.history == null) result else null,
                failure = null,
                revertResult = null,
                revertFailure = null,
                history = record.history?.started(result),
                progress = 1.0,
                isEnded = false,
                endedAt = run.now,
            )
        try {
            run.move(atom, done)
        } catch (e: UnstorableResultException) {
            failed(atom, e)
        }
    }

    private suspend fun failed(
        atom: Int,
        failure: Throwable,
    ) {
        val record = run.record(atom)
        val history = record.history?.broken(failure)
        val failed = record.copy(state = TaskState.FAILURE, result = null, failure = failure, history = history, isEnded = false)
        run.move(atom, failed.copy(endedAt = run.now))
        decide(atom, failure)
    }

    private suspend fun decide(
        atom: Int,
        failure: Throwable,
    ) {
        when (onFailure) {
            FailureMode.RESOLVE -> resolve(atom, failure)
            FailureMode.STOP -> stops += Stop(run.plan.atoms[atom].name, failure)
            FailureMode.UNDO -> Unit
        }
    }

    private suspend fun resolve(
        atom: Int,
        failure: Throwable,
    ) {
        try {
            resolver.resolve(atom, failure)
        } catch (e: RunBrokenException) {
            stops += Stop(e.by, e.cause)
        }
    }

    private suspend fun reverted(
        atom: Int,
        result: Any?,
    ) {
        val record = run.record(atom)
        val done =
            record.copy(
                state = TaskState.REVERTED,
                result = null,
                revertResult = result,
                revertFailure = null,
                history = record.history?.forgotten(),
                progress = 1.0,
                isEnded = false,
                endedAt = run.now,
            )
        try {
            run.move(atom, done)
        } catch (_: UnstorableResultException) {
            // It is reverted, and what the revert returns is not needed.
            run.move(atom, done.copy(revertResult = null))
        }
    }

    private suspend fun notReverted(
        atom: Int,
        failure: Throwable,
    ) {
        val record = run.record(atom)
        run.move(atom, record.copy(state = TaskState.REVERT_FAILURE, revertFailure = failure, isEnded = false, endedAt = run.now))
        stops += Stop(record.name, failure)
    }
}

/** What follows when execute of an atom throws. */
internal enum class FailureMode {
    /** Controllers decide. */
    RESOLVE,

    /** The run stops. */
    STOP,

    /** Nothing: all is being undone. */
    UNDO,
}

/** A failure after which nothing new starts. */
internal class Stop(
    val atom: String,
    val failure: Throwable,
)

/** This record with the end of its code, before that is processed. */
internal fun TaskRecord.endedWith(end: TaskEnd): TaskRecord =
    if (end.reverts) {
        copy(revertResult = end.result, revertFailure = end.failure, isEnded = true)
    } else {
        copy(result = end.result, failure = end.failure, isEnded = true)
    }

/** The end that [endedWith] recorded. */
internal fun TaskRecord.end(atom: Int): TaskEnd =
    if (state == TaskState.REVERTING) TaskEnd(atom, true, revertResult, revertFailure) else TaskEnd(atom, false, result, failure)
