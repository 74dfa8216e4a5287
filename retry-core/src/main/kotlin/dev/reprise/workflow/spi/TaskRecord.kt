package dev.reprise.workflow.spi

import dev.reprise.internal.util.describe
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.Task
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.operate.TaskSnapshot
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/**
 * The durable state of one task or controller of a run. An immutable value.
 *
 * A store keeps one record for each, by [name]; a later one replaces it. It can leave out the stack traces of the failures, see
 * [RestoredFailure][dev.reprise.policy.RestoredFailure].
 */
public class TaskRecord internal constructor(
    /** The name of the task or controller, unique in its run. */
    public val name: String,
    /** The version that it had when it last changed. */
    public val version: String = Task.DEFAULT_VERSION,
    /** Its state. */
    public val state: TaskState = TaskState.PENDING,
    /** What the engine will do with it. */
    public val intention: Intention = Intention.EXECUTE,
    /** What execute of a task returned. Readable while [state] is `SUCCESS` or `REVERTING`. */
    public val result: Any? = null,
    /** What execute threw. It stays until the task is reset or succeeds. */
    public val failure: Throwable? = null,
    /** What revert returned. */
    public val revertResult: Any? = null,
    /** What revert threw. */
    public val revertFailure: Throwable? = null,
    /** The attempts, if it is a controller. */
    public val history: ControllerHistory? = null,
    /** The progress of execute or revert, from 0 to 1. */
    public val progress: Double = 0.0,
    /**
     * True if execute (or revert) has ended with [result] or [failure] (or those of revert), while [state] is still `RUNNING` (or
     * `REVERTING`): several finished together and this one is not processed yet. It is not called again.
     */
    public val isEnded: Boolean = false,
    /** True if it is being reverted after its process died during execute, so that the end of execute is unknown. */
    public val isInterrupted: Boolean = false,
    /** When the attempt of a controller starts, while it waits for that. */
    public val dueAt: Instant? = null,
    /** How many times execute was started, in all attempts. */
    public val executions: Int = 0,
    private val startedAtMillis: Long = NEVER,
    private val endedAtMillis: Long = NEVER,
) {
    /** When execute or revert last started; null if neither has. */
    public val startedAt: Instant? get() = startedAtMillis.takeIf { it != NEVER }?.let(Instant::ofEpochMilli)

    /** When execute or revert last ended; null if it runs, or has not started. */
    public val endedAt: Instant? get() = endedAtMillis.takeIf { it != NEVER }?.let(Instant::ofEpochMilli)

    /** The time between [startedAt] and [endedAt]. */
    internal val elapsed: Duration get() =
        if (endedAtMillis ==
            NEVER
        ) {
            Duration.ZERO
        } else {
            maxOf(endedAtMillis - startedAtMillis, 0).milliseconds
        }

    /** A builder with the values of this record. */
    public fun toBuilder(): TaskRecordBuilder =
        TaskRecordBuilder(name).also {
            it.version = version
            it.state = state
            it.intention = intention
            it.result = result
            it.failure = failure
            it.revertResult = revertResult
            it.revertFailure = revertFailure
            it.history = history
            it.progress = progress
            it.isEnded = isEnded
            it.isInterrupted = isInterrupted
            it.dueAt = dueAt
            it.executions = executions
            it.startedAt = startedAt
            it.endedAt = endedAt
        }

    internal fun copy(
        state: TaskState = this.state,
        intention: Intention = this.intention,
        result: Any? = this.result,
        failure: Throwable? = this.failure,
        revertResult: Any? = this.revertResult,
        revertFailure: Throwable? = this.revertFailure,
        history: ControllerHistory? = this.history,
        progress: Double = this.progress,
        isEnded: Boolean = this.isEnded,
        isInterrupted: Boolean = this.isInterrupted,
        dueAt: Instant? = this.dueAt,
        executions: Int = this.executions,
        startedAt: Long = startedAtMillis,
        endedAt: Long = endedAtMillis,
    ) = TaskRecord(
        name,
        version,
        state,
        intention,
        result,
        failure,
        revertResult,
        revertFailure,
        history,
        progress,
        isEnded,
        isInterrupted,
        dueAt,
        executions,
        startedAt,
        endedAt,
    )

    /** This record with execute or revert started at [now], in [state]. */
    internal fun startedAt(
        now: Long,
        state: TaskState,
        executions: Int = this.executions,
        isInterrupted: Boolean = this.isInterrupted,
    ) = copy(
        state = state,
        progress = 0.0,
        isEnded = false,
        isInterrupted = isInterrupted,
        dueAt = null,
        executions = executions,
        startedAt = now,
        endedAt = NEVER,
    )

    /** This record for looking only. */
    internal fun snapshot() =
        TaskSnapshot(
            name,
            isController = history != null,
            state,
            failure = failure?.let(::text),
            revertFailure = revertFailure?.let(::text),
            progress,
            executions,
            attempts = history?.size ?: 0,
            dueAt,
            startedAt,
            endedAt,
        )

    /** The class of a failure that was read back is the first of its recorded ones. */
    private fun text(failure: Throwable): String = StoredFailures.text(StoredFailures.encode(failure))

    /** A controller that was not reverted keeps its attempts after a reset, as in TaskFlow. */
    internal fun reset() = TaskRecord(name, version, history = history, executions = executions)

    private fun fields(): List<Any?> =
        listOf(name, version, state, intention, result, failure, revertResult, revertFailure, history, progress, isEnded, isInterrupted) +
            listOf(dueAt, executions, startedAtMillis, endedAtMillis)

    override fun equals(other: Any?): Boolean = other === this || (other is TaskRecord && fields() == other.fields())

    override fun hashCode(): Int = name.hashCode()

    /** The name, the state, and the failures. */
    override fun toString(): String =
        "$name $state" + failure?.let { " (${it.describe()})" }.orEmpty() + revertFailure?.let { " (revert: ${it.describe()})" }.orEmpty()

    internal companion object {
        /** Stands for no instant: a large run has one record for each of its atoms, and a number needs no object. */
        const val NEVER = Long.MIN_VALUE
    }
}
