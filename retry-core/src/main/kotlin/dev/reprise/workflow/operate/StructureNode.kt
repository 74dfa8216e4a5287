package dev.reprise.workflow.operate

import dev.reprise.internal.workflow.text.Diagram
import dev.reprise.workflow.model.DeciderDepth
import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.TaskState

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

/** Draws a structure as a [diagram]; [stateOf] a task or controller is drawn in, if it is known. */
internal class StructureDrawing(
    private val diagram: Diagram,
    private val stateOf: (String) -> TaskState?,
) {
    private val ids = HashMap<StructureNode, String>()

    fun draw(root: WorkflowStructure): String {
        diagram.start(root.name)
        workflow(root, 1)
        diagram.end()
        return diagram.toString()
    }

    private fun workflow(
        flow: WorkflowStructure,
        depth: Int,
    ) {
        diagram.open(idOf(flow), flow.name, depth)
        (listOfNotNull(flow.controller) + flow.children).forEach {
            when (it) {
                is TaskStructure -> diagram.task(idOf(it), it.name, it.isController, stateOf(it.name), depth + 1)
                is WorkflowStructure -> workflow(it, depth + 1)
            }
        }
        order(flow, depth + 1)
        diagram.close(depth)
    }

    /** What is drawn as arrows: from a controller to what starts in it, the order of a linear workflow, the links of a graph. */
    private fun order(
        flow: WorkflowStructure,
        depth: Int,
    ) {
        val order =
            when (flow.kind) {
                FlowKind.LINEAR -> flow.children.zipWithNext { a, b -> Step(a, b) }
                FlowKind.UNORDERED -> emptyList()
                FlowKind.GRAPH -> linked(flow)
            }
        val entered = order.mapTo(HashSet()) { it.to }
        val starts = flow.controller?.let { controller -> flow.children.filter { it !in entered }.map { Step(controller, it) } }.orEmpty()
        starts.forEach { diagram.arrow(part(it.from), part(it.to), label = null, isDashed = true, depth) }
        order.forEach { diagram.arrow(part(it.from), part(it.to), if (it.isConditional) "if" else null, isDashed = false, depth) }
    }

    private class Step(
        val from: StructureNode,
        val to: StructureNode,
        val isConditional: Boolean = false,
    )

    private fun linked(flow: WorkflowStructure): List<Step> {
        val byName = flow.children.associateBy { it.name }
        return flow.links.map { Step(byName.getValue(it.from), byName.getValue(it.to), it.isConditional) }
    }

    private fun idOf(node: StructureNode): String = ids.getOrPut(node) { (if (node is TaskStructure) "t" else "w") + ids.size }

    private fun part(node: StructureNode) = Diagram.Part(idOf(node), isBox = node is WorkflowStructure)
}
