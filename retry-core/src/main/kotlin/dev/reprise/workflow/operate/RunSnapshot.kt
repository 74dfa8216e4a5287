package dev.reprise.workflow.operate

import dev.reprise.internal.workflow.text.DotDiagram
import dev.reprise.internal.workflow.text.MermaidDiagram
import dev.reprise.workflow.model.TaskState
import java.time.Instant

/** A task or a controller of a stored run, without its values. */
public class TaskSnapshot internal constructor(
    /** The name. */
    public val name: String,
    /** True if it is a controller. */
    public val isController: Boolean,
    /** Its state. */
    public val state: TaskState,
    /** What execute threw, as "class: message". */
    public val failure: String? = null,
    /** What revert threw, as "class: message". */
    public val revertFailure: String? = null,
    /** The progress of execute or revert, from 0 to 1. */
    public val progress: Double = 0.0,
    /** How many times execute was started. */
    public val executions: Int = 0,
    /** The attempts of a controller, without those that were forgotten by a revert; 0 for a task. */
    public val attempts: Int = 0,
    /** When the attempt of a controller starts, while it waits for that. */
    public val dueAt: Instant? = null,
    /** When execute or revert last started. */
    public val startedAt: Instant? = null,
    /** When execute or revert last ended. */
    public val endedAt: Instant? = null,
) {
    /** The name, the state, and the failures. */
    override fun toString(): String =
        "$name $state" + failure?.let { " ($it)" }.orEmpty() + revertFailure?.let { " (revert: $it)" }.orEmpty()
}

/**
 * A stored run as it was at one moment, for looking only: it can be read while an engine owns the run, and without the code of the workflow. Values
 * and inputs are not in it.
 */
public class RunSnapshot internal constructor(
    /** Its id, workflow, state and times. */
    public val summary: RunSummary,
    /** What its workflow consists of; null if the run has not started. */
    public val structure: WorkflowStructure?,
    known: List<TaskSnapshot>,
) {
    /** All tasks and controllers, in the order of the workflow; behind them those that the workflow no longer has. */
    public val tasks: List<TaskSnapshot>

    init {
        val byName = known.associateByTo(LinkedHashMap()) { it.name }
        val ofStructure =
            structure?.tasks.orEmpty().map { byName.remove(it.name) ?: TaskSnapshot(it.name, it.isController, TaskState.PENDING) }
        tasks = ofStructure + byName.values
    }

    /** [WorkflowStructure.toMermaid] with the states drawn in; empty if the run has not started. */
    public fun toMermaid(): String = structure?.let(StructureDrawing(MermaidDiagram(), ::stateOf)::draw).orEmpty()

    /** [WorkflowStructure.toDot] with the states drawn in; empty if the run has not started. */
    public fun toDot(): String = structure?.let(StructureDrawing(DotDiagram(), ::stateOf)::draw).orEmpty()

    private val states by lazy { tasks.associate { it.name to it.state } }

    private fun stateOf(task: String): TaskState? = states[task]

    /** The summary and the tasks. */
    override fun toString(): String = "$summary $tasks"
}
