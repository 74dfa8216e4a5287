package dev.reprise.workflow.operate

import dev.reprise.workflow.model.DeciderDepth
import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.Workflow

/** A part of a [WorkflowStructure]: a task, or a workflow that is nested in it. */
public sealed interface StructureNode {
    /** The name. */
    public val name: String
}

/** A task or a controller. */
public class TaskStructure internal constructor(
    override val name: String,
    /** The version. */
    public val version: String,
    /** True if it is a controller. */
    public val isController: Boolean,
) : StructureNode {
    override fun toString(): String = "${if (isController) "controller" else "task"} $version $name"
}

/** A link between two children of a graph: [to] runs after [from]. */
public class LinkStructure internal constructor(
    /** The name of the child before. */
    public val from: String,
    /** The name of the child behind. */
    public val to: String,
    /** True if a decider says whether [to] runs. */
    public val isConditional: Boolean,
    /** What is skipped if it says no. */
    public val depth: DeciderDepth,
) {
    override fun toString(): String = "$from -> $to" + if (isConditional) " if ($depth)" else ""
}

/** What a workflow consists of, by names. It is stored with each run, so that a run can be drawn without the code of its workflow. */
public class WorkflowStructure internal constructor(
    override val name: String,
    /** The order of its children. */
    public val kind: FlowKind,
    /** The controller around its children; null if there is none. */
    public val controller: TaskStructure?,
    /** The children, in their order. */
    public val children: List<StructureNode>,
    /** The links between them, if it is a graph: those that were declared, and those that follow from values. */
    public val links: List<LinkStructure>,
) : StructureNode {
    /** All tasks and controllers in it, at any depth, in their order. */
    public val tasks: List<TaskStructure>
        get() {
            val found = ArrayList<TaskStructure>()
            val left = ArrayDeque<StructureNode>(listOf(this))
            while (left.isNotEmpty()) {
                when (val node = left.removeFirst()) {
                    is TaskStructure -> found += node
                    is WorkflowStructure -> left.addAll(0, listOfNotNull(node.controller) + node.children)
                }
            }
            return found
        }

    /** A flowchart for [Mermaid](https://mermaid.js.org): workflows as boxes, controllers as hexagons, conditional links with a label. */
    public fun toMermaid(): String = MermaidDrawing { null }.draw(this)

    /** The same as a directed graph for Graphviz. */
    public fun toDot(): String = DotDrawing { null }.draw(this)

    /** The name and the kind. */
    override fun toString(): String = "${kind.name.lowercase()} workflow $name"

    public companion object {
        /** The structure of [workflow]. */
        @JvmStatic
        public fun of(workflow: Workflow): WorkflowStructure = StructureText.read(StructureText.write(workflow))
    }
}

/** What this workflow consists of. */
@get:JvmSynthetic
public val Workflow.structure: WorkflowStructure get() = WorkflowStructure.of(this)
