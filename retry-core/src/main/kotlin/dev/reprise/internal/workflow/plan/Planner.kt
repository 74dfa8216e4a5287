package dev.reprise.internal.workflow.plan

import dev.reprise.workflow.model.Atom
import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.InvalidWorkflowException
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowNode
import dev.reprise.workflow.model.WorkflowProblem

/** Creates the [Plan] of a workflow, or of a single task. Uses an explicit stack: workflows can be nested deeper than a thread's stack. */
internal class Planner(
    private val root: WorkflowNode,
) {
    private val atoms = ArrayList<Atom>()
    private val owningFlow = IntList()
    private val flows = ArrayList<NestedFlow>()
    private val met = HashSet<Workflow>()
    private val from = IntList()
    private val to = IntList()

    fun plan(): Plan {
        number()
        refuseDuplicates()
        flows.forEachIndexed(::connect)
        val nodes = atoms.size + 2 * flows.size
        return Plan(
            name = root.name,
            atoms = atoms.toTypedArray(),
            flows = flows.toTypedArray(),
            owningFlow = owningFlow.toArray(),
            successors = Edges.of(nodes, from, to),
            predecessors = Edges.of(nodes, to, from),
            deciders = EdgeDeciders(flows, ::atomOrNone).all(),
        ).also { PlanCheck(it).run() }
    }

    /** Numbers every atom and every workflow, in their order. */
    private fun number() {
        val walks = ArrayList<Walk>()
        enter(root, -1)?.let(walks::add)
        while (walks.isNotEmpty()) {
            val walk = walks.last()
            if (walk.next == walk.children.size) {
                flows[walk.flow].end = atoms.size
                walks.removeAt(walks.lastIndex)
            } else {
                val flow = flows[walk.flow]
                flow.childStarts[walk.next] = atoms.size
                val inside = enter(walk.children[walk.next], walk.flow)
                inside?.let { flow.childFlows[walk.next] = it.flow }
                walk.next++
                inside?.let(walks::add)
            }
        }
    }

    private class Walk(
        val flow: Int,
        val children: List<WorkflowNode>,
    ) {
        var next = 0
    }

    private fun enter(
        node: WorkflowNode,
        parent: Int,
    ): Walk? =
        when (node) {
            is Atom -> null.also { add(node, parent) }
            is Workflow -> open(node, parent)
        }

    private fun open(
        workflow: Workflow,
        parent: Int,
    ): Walk {
        val number = flows.size
        val flow = NestedFlow(workflow, parent, atoms.size)
        if (!met.add(workflow)) throw duplicate("the workflow ${workflow.name} is in ${root.name} twice")
        flows += flow
        workflow.controller?.let { flow.controller = add(it, number) }
        flow.responsible = if (flow.controller >= 0 || parent < 0) flow.controller else flows[parent].responsible
        return Walk(number, workflow.children)
    }

    private fun add(
        atom: Atom,
        flow: Int,
    ): Int {
        atoms += atom
        owningFlow.add(flow)
        return atoms.lastIndex
    }

    private fun refuseDuplicates() {
        val names = NameTable(atoms.size)
        atoms.forEachIndexed { index, atom ->
            val number = names.add(atom.name)
            if (number < index) {
                throw duplicate("two atoms are named ${atom.name}: one in ${flowName(number)}, one in ${flowName(index)}")
            }
        }
    }

    private fun flowName(atom: Int) = owningFlow[atom].let { if (it < 0) root.name else flows[it].workflow.name }

    private fun duplicate(message: String) = InvalidWorkflowException(WorkflowProblem.DUPLICATE_NAME, message)

    /** The edges of one workflow: start, controller, children, end. */
    private fun connect(
        number: Int,
        flow: NestedFlow,
    ) {
        val head = if (flow.controller >= 0) flow.controller else startOf(number)
        if (flow.controller >= 0) edge(startOf(number), flow.controller)
        val children = flow.workflow.children.indices
        if (children.isEmpty()) edge(head, endOf(number))
        val isEntered = BooleanArray(children.count())
        val isLeft = BooleanArray(children.count())
        forEachLink(flow) { before, after ->
            edge(exitOf(flow, before), entryOf(flow, after))
            isLeft[before] = true
            isEntered[after] = true
        }
        children.forEach { if (!isEntered[it]) edge(head, entryOf(flow, it)) }
        children.forEach { if (!isLeft[it]) edge(exitOf(flow, it), endOf(number)) }
    }

    /** By the positions of the children. */
    private inline fun forEachLink(
        flow: NestedFlow,
        action: (Int, Int) -> Unit,
    ) = when (flow.workflow.kind) {
        FlowKind.LINEAR -> for (after in 1 until flow.childStarts.size) action(after - 1, after)
        FlowKind.UNORDERED -> Unit
        FlowKind.GRAPH -> linked(flow).forEachIndexed { after, sources -> sources.forEach { before -> action(before, after) } }
    }

    private fun linked(flow: NestedFlow): Array<IntList> {
        val position = HashMap<WorkflowNode, Int>()
        flow.workflow.children.forEachIndexed { index, child -> position[child] = index }
        val linkedFrom = Array(position.size) { IntList() }
        flow.workflow.links
            .map { position.getValue(it.from) to position.getValue(it.to) }
            .distinct()
            .forEach { (before, after) -> linkedFrom[after].add(before) }
        return linkedFrom.also { flow.linkedFrom = it }
    }

    private fun edge(
        before: Int,
        after: Int,
    ) {
        from.add(before)
        to.add(after)
    }

    private val atomNumber: Map<Atom, Int> by lazy {
        HashMap<Atom, Int>().also { map -> atoms.forEachIndexed { index, it -> map[it] = index } }
    }

    private fun atomOrNone(node: WorkflowNode): Int = atomNumber[node] ?: -1

    private fun startOf(flow: Int) = atoms.size + 2 * flow

    private fun endOf(flow: Int) = startOf(flow) + 1

    private fun entryOf(
        flow: NestedFlow,
        child: Int,
    ) = flow.childFlows[child].let { if (it < 0) flow.childStarts[child] else startOf(it) }

    private fun exitOf(
        flow: NestedFlow,
        child: Int,
    ) = flow.childFlows[child].let { if (it < 0) flow.childStarts[child] else endOf(it) }
}
