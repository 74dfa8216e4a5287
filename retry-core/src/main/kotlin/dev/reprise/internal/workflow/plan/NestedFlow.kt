package dev.reprise.internal.workflow.plan

import dev.reprise.workflow.model.Workflow

/** A nested workflow in a [Plan]. */
internal class NestedFlow(
    val workflow: Workflow,
    /** The workflow around it, or -1. */
    val parent: Int,
    /** Its first atom, and the one after its last. */
    val first: Int,
) {
    var end: Int = first

    /** Its own controller, or -1. */
    var controller: Int = -1

    /** Its own controller or the nearest one outside, or -1. */
    var responsible: Int = -1

    /** For each child the first atom that could be in it; ascending. */
    val childStarts: IntArray = IntArray(workflow.children.size)

    /** For each child its number among the workflows, or -1 if it is an atom. */
    val childFlows: IntArray = IntArray(workflow.children.size) { -1 }

    /** In a graph: for each child the positions of those that it has a link from. */
    var linkedFrom: Array<IntList>? = null
}
