package dev.reprise.internal.workflow.plan

import dev.reprise.workflow.model.Link

/** Called when an atom could start. [source] is the atom before the link, or -1 if a workflow is before it. */
internal class EdgeDecider(
    val source: Int,
    val link: Link,
)

/** Edges by node in two arrays. */
internal class Edges(
    private val starts: IntArray,
    private val targets: IntArray,
) {
    fun count(node: Int): Int = starts[node + 1] - starts[node]

    /** The target of the edge of [node] at the 0-based [position]. */
    operator fun get(
        node: Int,
        position: Int,
    ): Int = targets[starts[node] + position]

    inline fun of(
        node: Int,
        action: (Int) -> Unit,
    ) {
        for (i in starts[node] until starts[node + 1]) action(targets[i])
    }

    companion object {
        /** The edges from [from] to [to], pair by pair, by their source. */
        fun of(
            nodes: Int,
            from: IntList,
            to: IntList,
        ): Edges {
            val starts = IntArray(nodes + 1)
            for (i in 0 until from.size) starts[from[i] + 1]++
            for (i in 1..nodes) starts[i] += starts[i - 1]
            val filled = starts.copyOf()
            val targets = IntArray(to.size)
            for (i in 0 until from.size) targets[filled[from[i]]++] = to[i]
            return Edges(starts, targets)
        }
    }
}
