package dev.reprise.workflow.operate

import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.TaskState

/** An arrow between two parts of a drawing. */
private class Arrow(
    val from: StructureNode,
    val to: StructureNode,
    val isConditional: Boolean = false,
    val isController: Boolean = false,
)

/** What is drawn as arrows: the order of a linear workflow, the links of a graph, and from a controller to what starts in it. */
private fun arrows(flow: WorkflowStructure): List<Arrow> {
    val children = flow.children
    val order =
        when (flow.kind) {
            FlowKind.LINEAR -> children.zipWithNext { a, b -> Arrow(a, b) }
            FlowKind.UNORDERED -> emptyList()
            FlowKind.GRAPH -> linked(flow)
        }
    val entered = order.mapTo(HashSet()) { it.to }
    val controller = flow.controller ?: return order
    return children.filter { it !in entered }.map { Arrow(controller, it, isController = true) } + order
}

private fun linked(flow: WorkflowStructure): List<Arrow> {
    val byName = flow.children.associateBy { it.name }
    return flow.links.map { Arrow(byName.getValue(it.from), byName.getValue(it.to), it.isConditional) }
}

/** Draws a structure, each part under an id of its own; [stateOf] a task or controller is drawn in, if it is known. */
internal abstract class StructureDrawing(
    private val stateOf: (String) -> TaskState?,
) {
    protected val lines = StringBuilder()
    private val ids = HashMap<StructureNode, String>()

    protected fun idOf(node: StructureNode): String = ids.getOrPut(node) { (if (node is TaskStructure) "t" else "w") + ids.size }

    protected fun stateOf(task: TaskStructure): TaskState? = stateOf(task.name)

    protected fun line(
        depth: Int,
        text: String,
    ) {
        repeat(depth) { lines.append("  ") }
        lines.append(text).append('\n')
    }

    fun draw(root: WorkflowStructure): String {
        start(root)
        parts(root, 1)
        end()
        return lines.toString()
    }

    private fun parts(
        flow: WorkflowStructure,
        depth: Int,
    ) {
        open(flow, depth)
        (listOfNotNull(flow.controller) + flow.children).forEach {
            when (it) {
                is TaskStructure -> task(it, depth + 1)
                is WorkflowStructure -> parts(it, depth + 1)
            }
        }
        arrows(flow).forEach { arrow(it.from, it.to, label = if (it.isConditional) "if" else null, isDashed = it.isController, depth + 1) }
        close(depth)
    }

    protected abstract fun start(root: WorkflowStructure)

    protected abstract fun open(
        flow: WorkflowStructure,
        depth: Int,
    )

    protected abstract fun close(depth: Int)

    protected abstract fun end()

    protected abstract fun task(
        task: TaskStructure,
        depth: Int,
    )

    protected abstract fun arrow(
        from: StructureNode,
        to: StructureNode,
        label: String?,
        isDashed: Boolean,
        depth: Int,
    )
}

private val COLOURS =
    mapOf(
        TaskState.RUNNING to "#cfe2ff",
        TaskState.SUCCESS to "#d1e7dd",
        TaskState.FAILURE to "#f8d7da",
        TaskState.REVERTING to "#fff3cd",
        TaskState.REVERTED to "#ffe5b4",
        TaskState.REVERT_FAILURE to "#f1aeb5",
        TaskState.RETRYING to "#e2d9f3",
        TaskState.IGNORE to "#e2e3e5",
        TaskState.PENDING to "#ffffff",
    )

internal class MermaidDrawing(
    stateOf: (String) -> TaskState?,
) : StructureDrawing(stateOf) {
    private val used = LinkedHashMap<TaskState, MutableList<String>>()

    override fun start(root: WorkflowStructure) = line(0, "flowchart TD")

    override fun open(
        flow: WorkflowStructure,
        depth: Int,
    ) = line(depth, "subgraph ${idOf(flow)}[\"${text(flow.name)}\"]")

    override fun close(depth: Int) = line(depth, "end")

    override fun task(
        task: TaskStructure,
        depth: Int,
    ) {
        val state = stateOf(task)
        val label = text(task.name) + state?.let { "<br/>$it" }.orEmpty()
        line(depth, idOf(task) + if (task.isController) "{{\"$label\"}}" else "[\"$label\"]")
        if (state != null) used.getOrPut(state) { ArrayList() } += idOf(task)
    }

    override fun arrow(
        from: StructureNode,
        to: StructureNode,
        label: String?,
        isDashed: Boolean,
        depth: Int,
    ) = line(depth, "${idOf(from)} ${if (isDashed) "-.->" else "-->"}${label?.let { "|$it|" }.orEmpty()} ${idOf(to)}")

    override fun end() =
        used.forEach { (state, ids) ->
            line(1, "classDef $state fill:${COLOURS[state]},color:#000000")
            line(1, "class ${ids.joinToString(",")} $state")
        }

    /** As character references: names may hold anything. */
    private fun text(name: String): String =
        name.map { if (it.isLetterOrDigit() || it in " _-.,:/()") it.toString() else "#${it.code};" }.joinToString("")
}

internal class DotDrawing(
    stateOf: (String) -> TaskState?,
) : StructureDrawing(stateOf) {
    override fun start(root: WorkflowStructure) {
        line(0, "digraph \"${text(root.name)}\" {")
        line(1, "compound=true; node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\"];")
    }

    /** An arrow to a cluster ends at a node in it, which is drawn as nothing. */
    override fun open(
        flow: WorkflowStructure,
        depth: Int,
    ) {
        line(depth, "subgraph cluster_${idOf(flow)} {")
        line(depth + 1, "label=\"${text(flow.name)}\"; ${idOf(flow)} [shape=point, style=invis];")
    }

    override fun close(depth: Int) = line(depth, "}")

    override fun task(
        task: TaskStructure,
        depth: Int,
    ) {
        val state = stateOf(task)
        val label = text(task.name) + state?.let { "\\n$it" }.orEmpty()
        val shape = if (task.isController) ", shape=hexagon" else ""
        val colour = state?.let { ", fillcolor=\"${COLOURS[it]}\"" }.orEmpty()
        line(depth, "${idOf(task)} [label=\"$label\"$shape$colour];")
    }

    override fun arrow(
        from: StructureNode,
        to: StructureNode,
        label: String?,
        isDashed: Boolean,
        depth: Int,
    ) {
        val settings =
            listOfNotNull(
                label?.let { "label=\"$it\"" },
                "style=dashed".takeIf { isDashed },
                "ltail=cluster_${idOf(from)}".takeIf { from is WorkflowStructure },
                "lhead=cluster_${idOf(to)}".takeIf { to is WorkflowStructure },
            )
        line(depth, "${idOf(from)} -> ${idOf(to)}${if (settings.isEmpty()) "" else settings.joinToString(", ", " [", "]")};")
    }

    override fun end() = line(0, "}")

    private fun text(name: String): String = name.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")
}
