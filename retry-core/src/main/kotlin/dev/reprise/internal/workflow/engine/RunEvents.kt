package dev.reprise.internal.workflow.engine

import dev.reprise.internal.util.describe
import dev.reprise.internal.util.runLogged
import dev.reprise.internal.workflow.plan.Plan
import dev.reprise.workflow.model.ControllerDecision
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.spi.TaskRecord
import kotlin.time.Duration

/** Creates the events of one run and notifies the listeners. */
internal class RunEvents(
    private val plan: Plan,
    private val id: String,
    private val settings: EngineSettings,
) {
    /** Counted where something listens. */
    private var seq = 0L

    val hasListeners: Boolean get() = settings.listeners.isNotEmpty()

    fun publish(event: WorkflowEvent) =
        settings.listeners.forEach { listener ->
            runLogged({ "listener ${listener.describe()}, notified of workflow ${plan.name}," }) { listener.onEvent(event) }
        }

    fun changed(
        from: WorkflowState,
        to: WorkflowState,
    ) = WorkflowEvent.RunChanged(id, plan.name, settings.clock.instant(), ++seq, from, to)

    fun decided(
        controller: String,
        decision: ControllerDecision,
    ): WorkflowEvent {
        val now = settings.clock.instant()
        val until = (decision as? ControllerDecision.Retry)?.let { now.plusMillis(it.delay.inWholeMilliseconds) }
        return WorkflowEvent.Decided(id, plan.name, now, ++seq, controller, decision, until)
    }

    fun progressed(
        task: String,
        fraction: Double,
    ) = WorkflowEvent.TaskProgressed(id, plan.name, settings.clock.instant(), ++seq, task, fraction)

    fun changed(
        isController: Boolean,
        from: TaskState,
        to: TaskRecord,
    ) = WorkflowEvent.TaskChanged(
        id,
        plan.name,
        settings.clock.instant(),
        ++seq,
        task = to.name,
        isController = isController,
        from = from,
        to = to.state,
        result = result(to),
        failure = failure(to),
        execution = to.executions,
        elapsed = if (to.state in ended) to.elapsed else Duration.ZERO,
    )

    private fun result(record: TaskRecord): Any? =
        when (record.state) {
            TaskState.SUCCESS -> if (record.history == null) record.result else record.history.lastValue
            TaskState.REVERTED -> record.revertResult
            else -> null
        }

    private fun failure(record: TaskRecord): Throwable? =
        when (record.state) {
            TaskState.FAILURE -> record.failure
            TaskState.REVERT_FAILURE -> record.revertFailure
            else -> null
        }

    private companion object {
        val ended = setOf(TaskState.SUCCESS, TaskState.FAILURE, TaskState.REVERTED, TaskState.REVERT_FAILURE)
    }
}
