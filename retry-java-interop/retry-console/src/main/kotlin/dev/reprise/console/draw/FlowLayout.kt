package dev.reprise.console.draw

import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.operate.StructureNode
import dev.reprise.workflow.operate.TaskStructure
import dev.reprise.workflow.operate.WorkflowStructure

/** A part of a workflow at its place, which is relative to the box around it. */
internal sealed class Box(
    val width: Double,
    val height: Double,
) {
    var x: Double = 0.0
    var y: Double = 0.0

    /** Where the boxes beside it end: arrows bend below. */
    var rowBottom: Double = 0.0
}

internal class TaskBox(
    val task: TaskStructure,
) : Box(WIDTH, HEIGHT) {
    private companion object {
        const val WIDTH = 184.0
        const val HEIGHT = 56.0
    }
}

internal class FlowBox(
    val flow: WorkflowStructure,
    val children: List<Box>,
    /** From the bottom of one child to the top of another, by their positions in the list; true: only under a condition. */
    val arrows: List<Triple<Int, Int, Boolean>>,
    width: Double,
    height: Double,
) : Box(width, height)

/** Places the parts of a workflow: what follows is below, what can run at the same time stands side by side. */
internal object FlowLayout {
    fun of(node: StructureNode): Box =
        when (node) {
            is TaskStructure -> TaskBox(node)
            is WorkflowStructure -> flow(node)
        }

    private fun flow(flow: WorkflowStructure): FlowBox {
        val children = flow.children.map(::of)
        val arrows = arrows(flow)
        val rows = rows(flow.kind, children.size, arrows).map { row -> row.map(children::get) }
        val inner = rows.maxOfOrNull(::widthOf) ?: 0.0
        var y = HEADER + PADDING
        for (row in rows) {
            var x = PADDING + (inner - widthOf(row)) / 2
            for (box in row) {
                box.x = x
                box.y = y
                box.rowBottom = y + row.maxOf { it.height }
                x += box.width + GAP
            }
            y += row.maxOf { it.height } + GAP
        }
        return FlowBox(flow, children, arrows, maxOf(inner + 2 * PADDING, titleWidth(flow)), y - GAP + PADDING)
    }

    /** As wide as its title with the attempts of its controller. */
    private fun titleWidth(flow: WorkflowStructure): Double {
        val controller = flow.controller?.let { " · ${it.name}: 100 attempts" }.orEmpty()
        return minOf((flow.name + controller).length, LONGEST_TITLE) * CHARACTER + 2 * PADDING
    }

    private fun widthOf(row: List<Box>) = row.sumOf { it.width } + GAP * (row.size - 1)

    private fun arrows(flow: WorkflowStructure): List<Triple<Int, Int, Boolean>> =
        when (flow.kind) {
            FlowKind.LINEAR -> flow.children.indices.zipWithNext { a, b -> Triple(a, b, false) }
            FlowKind.UNORDERED -> emptyList()
            FlowKind.GRAPH -> linked(flow)
        }

    private fun linked(flow: WorkflowStructure): List<Triple<Int, Int, Boolean>> {
        val places = flow.children.withIndex().associate { (i, child) -> child.name to i }
        return flow.links.map { Triple(places.getValue(it.from), places.getValue(it.to), it.isConditional) }
    }

    /** The positions of the children row by row: each child is below all that it follows. */
    private fun rows(
        kind: FlowKind,
        size: Int,
        arrows: List<Triple<Int, Int, Boolean>>,
    ): List<List<Int>> {
        if (kind == FlowKind.UNORDERED) return (0 until size).chunked(SIDE_BY_SIDE)
        val depth = IntArray(size)
        repeat(size) { arrows.forEach { (from, to) -> depth[to] = maxOf(depth[to], depth[from] + 1) } }
        return (0 until size)
            .groupBy { depth[it] }
            .toSortedMap()
            .values
            .flatMap { it.chunked(SIDE_BY_SIDE) }
    }

    const val HEADER = 30.0
    const val PADDING = 16.0
    private const val GAP = 28.0

    /** The width of a character, about. */
    const val CHARACTER = 7.4
    private const val LONGEST_TITLE = 60
    private const val SIDE_BY_SIDE = 4
}
