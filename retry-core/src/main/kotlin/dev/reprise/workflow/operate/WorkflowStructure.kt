package dev.reprise.workflow.operate

import dev.reprise.internal.workflow.text.DotDiagram
import dev.reprise.internal.workflow.text.MermaidDiagram
import dev.reprise.internal.workflow.text.Outline
import dev.reprise.internal.workflow.text.OutlineParts
import dev.reprise.workflow.model.DeciderDepth
import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.Workflow

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
    public fun toMermaid(): String = StructureDrawing(MermaidDiagram()) { null }.draw(this)

    /** The same as a directed graph for Graphviz. */
    public fun toDot(): String = StructureDrawing(DotDiagram()) { null }.draw(this)

    /** The name and the kind. */
    override fun toString(): String = "${kind.name.lowercase()} workflow $name"

    public companion object {
        /** The structure of [workflow]. */
        @JvmStatic
        public fun of(workflow: Workflow): WorkflowStructure = read(Outline.write(workflow))

        /** The structure that [Outline.write] has written. */
        internal fun read(outline: String): WorkflowStructure = StructureReader().also { Outline.read(outline, it) }.root()
    }
}

/** What this workflow consists of. */
@get:JvmSynthetic
public val Workflow.structure: WorkflowStructure get() = WorkflowStructure.of(this)

private class StructureReader : OutlineParts {
    private class Part(
        val name: String,
        val kind: FlowKind,
    ) {
        var controller: TaskStructure? = null
        val children = ArrayList<StructureNode>()
        val links = ArrayList<LinkStructure>()

        fun build() = WorkflowStructure(name, kind, controller, children, links)
    }

    private val open = arrayListOf(Part("", FlowKind.LINEAR))

    /** A task alone is a workflow of one. */
    fun root(): WorkflowStructure =
        when (val root = open.single().children.single()) {
            is WorkflowStructure -> root
            else -> WorkflowStructure(root.name, FlowKind.LINEAR, null, listOf(root), emptyList())
        }

    override fun open(
        name: String,
        kind: FlowKind,
    ) {
        open += Part(name, kind)
    }

    override fun close() {
        val ended = open.removeAt(open.lastIndex).build()
        open.last().children += ended
    }

    override fun atom(
        name: String,
        version: String,
        isController: Boolean,
    ) {
        val atom = TaskStructure(name, version, isController)
        if (isController) open.last().controller = atom else open.last().children += atom
    }

    override fun link(
        from: String,
        to: String,
        condition: DeciderDepth?,
    ) {
        open.last().links += LinkStructure(from, to, isConditional = condition != null, condition ?: DeciderDepth.ALL)
    }
}
