package dev.reprise.internal.workflow.text

import dev.reprise.workflow.model.TaskState

/** A drawing of a workflow in the language of a tool, written part by part; each part has an id of its own. */
internal abstract class Diagram {
    private val lines = StringBuilder()

    protected fun line(
        depth: Int,
        text: String,
    ) {
        repeat(depth) { lines.append("  ") }
        lines.append(text).append('\n')
    }

    abstract fun start(name: String)

    /** The parts that follow, up to [close], are in a box. */
    abstract fun open(
        id: String,
        name: String,
        depth: Int,
    )

    abstract fun close(depth: Int)

    /** A task or a controller, and the [state] it is in, if it is known. */
    abstract fun task(
        id: String,
        name: String,
        isController: Boolean,
        state: TaskState?,
        depth: Int,
    )

    /** An arrow between two parts; [Part.isBox] says which of them are boxes. */
    abstract fun arrow(
        from: Part,
        to: Part,
        label: String?,
        isDashed: Boolean,
        depth: Int,
    )

    abstract fun end()

    override fun toString(): String = lines.toString()

    /** An end of an arrow. */
    class Part(
        val id: String,
        val isBox: Boolean,
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

/** A flowchart for Mermaid. */
internal class MermaidDiagram : Diagram() {
    private val used = LinkedHashMap<TaskState, MutableList<String>>()

    override fun start(name: String) = line(0, "flowchart TD")

    override fun open(
        id: String,
        name: String,
        depth: Int,
    ) = line(depth, "subgraph $id[\"${text(name)}\"]")

    override fun close(depth: Int) = line(depth, "end")

    override fun task(
        id: String,
        name: String,
        isController: Boolean,
        state: TaskState?,
        depth: Int,
    ) {
        val label = text(name) + state?.let { "<br/>$it" }.orEmpty()
        line(depth, id + if (isController) "{{\"$label\"}}" else "[\"$label\"]")
        if (state != null) used.getOrPut(state) { ArrayList() } += id
    }

    override fun arrow(
        from: Part,
        to: Part,
        label: String?,
        isDashed: Boolean,
        depth: Int,
    ) = line(depth, "${from.id} ${if (isDashed) "-.->" else "-->"}${label?.let { "|$it|" }.orEmpty()} ${to.id}")

    override fun end() =
        used.forEach { (state, ids) ->
            line(1, "classDef $state fill:${COLOURS[state]},color:#000000")
            line(1, "class ${ids.joinToString(",")} $state")
        }

    /** As character references: names may hold anything. */
    private fun text(name: String): String =
        name.map { if (it.isLetterOrDigit() || it in " _-.,:/()") it.toString() else "#${it.code};" }.joinToString("")
}

/** A directed graph for Graphviz. */
internal class DotDiagram : Diagram() {
    override fun start(name: String) {
        line(0, "digraph \"${text(name)}\" {")
        line(1, "compound=true; node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\"];")
    }

    /** An arrow to a cluster ends at a node in it, which is drawn as nothing. */
    override fun open(
        id: String,
        name: String,
        depth: Int,
    ) {
        line(depth, "subgraph cluster_$id {")
        line(depth + 1, "label=\"${text(name)}\"; $id [shape=point, style=invis];")
    }

    override fun close(depth: Int) = line(depth, "}")

    override fun task(
        id: String,
        name: String,
        isController: Boolean,
        state: TaskState?,
        depth: Int,
    ) {
        val label = text(name) + state?.let { "\\n$it" }.orEmpty()
        val shape = if (isController) ", shape=hexagon" else ""
        val colour = state?.let { ", fillcolor=\"${COLOURS[it]}\"" }.orEmpty()
        line(depth, "$id [label=\"$label\"$shape$colour];")
    }

    override fun arrow(
        from: Part,
        to: Part,
        label: String?,
        isDashed: Boolean,
        depth: Int,
    ) {
        val settings =
            listOfNotNull(
                label?.let { "label=\"$it\"" },
                "style=dashed".takeIf { isDashed },
                "ltail=cluster_${from.id}".takeIf { from.isBox },
                "lhead=cluster_${to.id}".takeIf { to.isBox },
            )
        line(depth, "${from.id} -> ${to.id}${if (settings.isEmpty()) "" else settings.joinToString(", ", " [", "]")};")
    }

    override fun end() = line(0, "}")

    private fun text(name: String): String = name.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")
}
