package dev.reprise.internal.workflow.plan

import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowNode

/**
 * Finds the deciders of each atom: those on the links into it, and on the links into the workflows that start with it.
 *
 * [atomOrNone] returns the number of a task, -1 for a workflow.
 */
internal class EdgeDeciders(
    private val flows: List<NestedFlow>,
    private val atomOrNone: (WorkflowNode) -> Int,
) {
    /** By workflow the deciders before its start. A workflow comes after the one around it, so that one is complete. */
    private val beforeFlow = arrayOfNulls<List<EdgeDecider>>(flows.size)

    fun all(): Map<Int, List<EdgeDecider>> {
        if (flows.none { flow -> flow.workflow.links.any { it.decider != null } }) return emptyMap()
        val found = HashMap<Int, List<EdgeDecider>>()
        val numbers = HashMap<Workflow, Int>()
        flows.forEachIndexed { index, it -> numbers[it.workflow] = index }
        flows.forEachIndexed { number, flow ->
            val before = beforeFlow[number].orEmpty()
            if (flow.controller >= 0 && before.isNotEmpty()) found[flow.controller] = before
            val within = if (flow.controller >= 0) emptyList() else before
            deciders(flow, within) { child, deciders ->
                if (child is Workflow) beforeFlow[numbers.getValue(child)] = deciders else found[atomOrNone(child)] = deciders
            }
        }
        return found
    }

    private inline fun deciders(
        flow: NestedFlow,
        inherited: List<EdgeDecider>,
        result: (WorkflowNode, List<EdgeDecider>) -> Unit,
    ) {
        val into = flow.workflow.links.groupBy { it.to }
        flow.workflow.children.forEachIndexed { position, child ->
            val links = into[child].orEmpty()
            val begins = if (flow.workflow.kind == FlowKind.LINEAR) position == 0 else links.isEmpty()
            val own = links.filter { it.decider != null }.map { EdgeDecider(atomOrNone(it.from), it) }
            val all = if (begins) inherited + own else own
            if (all.isNotEmpty()) result(child, all)
        }
    }
}
