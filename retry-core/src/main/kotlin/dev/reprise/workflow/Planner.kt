package dev.reprise.workflow

/** Makes the [Plan] of a workflow, or of a single task. Walks with a stack of its own: workflows may be nested deeper than a thread's stack. */
internal class Planner(
    private val root: WorkflowNode,
) {
    private val atoms = ArrayList<Atom>()
    private val home = IntList()
    private val flows = ArrayList<FlowNode>()
    private val flowOf = HashMap<Workflow, Int>()
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
            home = home.toArray(),
            successors = Edges.of(nodes, from, to),
            predecessors = Edges.of(nodes, to, from),
            deciders = EdgeDeciders(flows, ::atomOrNone).all(),
        ).also { PlanCheck(it).run() }
    }

    /** Gives every atom and every workflow its number, in the order in which they stand there. */
    private fun number() {
        val walks = ArrayList<Walk>()
        enter(root, -1)?.let(walks::add)
        while (walks.isNotEmpty()) {
            val walk = walks.last()
            if (walk.next == walk.children.size) {
                flows[walk.flow].end = atoms.size
                walks.removeAt(walks.lastIndex)
            } else {
                flows[walk.flow].childStarts[walk.next] = atoms.size
                enter(walk.children[walk.next++], walk.flow)?.let(walks::add)
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
        val flow = FlowNode(workflow, parent, atoms.size)
        if (flowOf.put(workflow, number) != null) throw duplicate("the workflow ${workflow.name} stands in ${root.name} twice")
        flows += flow
        workflow.controller?.let { flow.controller = add(it, number) }
        flow.responsible = if (flow.controller >= 0 || parent < 0) flow.controller else flows[parent].responsible
        flow.childStarts = IntArray(workflow.children.size)
        return Walk(number, workflow.children)
    }

    private fun add(
        atom: Atom,
        flow: Int,
    ): Int {
        atoms += atom
        home.add(flow)
        return atoms.lastIndex
    }

    private fun refuseDuplicates() {
        val names = HashMap<String, Int>(atoms.size * 2)
        atoms.forEachIndexed { index, atom ->
            val other = names.put(atom.name, index) ?: return@forEachIndexed
            throw duplicate("two atoms are named ${atom.name}: one in ${homeName(other)}, one in ${homeName(index)}")
        }
    }

    private fun homeName(atom: Int) = home[atom].let { if (it < 0) root.name else flows[it].workflow.name }

    private fun duplicate(message: String) = InvalidWorkflowException(WorkflowProblem.DUPLICATE_NAME, message)

    /** The edges of one workflow: start, controller, children, end. */
    private fun connect(
        number: Int,
        flow: FlowNode,
    ) {
        val head = if (flow.controller >= 0) flow.controller else startOf(number)
        if (flow.controller >= 0) edge(startOf(number), flow.controller)
        val children = flow.workflow.children
        if (children.isEmpty()) edge(head, endOf(number))
        val links =
            if (flow.workflow.shape ==
                Shape.LINEAR
            ) {
                children.zipWithNext()
            } else {
                flow.workflow.links
                    .map { it.from to it.to }
                    .distinct()
            }
        links.forEach { (before, after) -> edge(exitOf(before), entryOf(after)) }
        val entered = links.mapTo(HashSet()) { it.second }
        val left = links.mapTo(HashSet()) { it.first }
        children.filter { it !in entered }.forEach { edge(head, entryOf(it)) }
        children.filter { it !in left }.forEach { edge(exitOf(it), endOf(number)) }
        if (flow.workflow.shape == Shape.GRAPH) flow.linkedFrom = linksByPosition(children, links)
    }

    private fun linksByPosition(
        children: List<WorkflowNode>,
        links: List<Pair<WorkflowNode, WorkflowNode>>,
    ): Array<IntList> {
        val position = HashMap<WorkflowNode, Int>()
        children.forEachIndexed { index, child -> position[child] = index }
        val linkedFrom = Array(children.size) { IntList() }
        links.forEach { (before, after) -> linkedFrom[position.getValue(after)].add(position.getValue(before)) }
        return linkedFrom
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

    private fun entryOf(node: WorkflowNode) = if (node is Workflow) startOf(flowOf.getValue(node)) else atomNumber.getValue(node as Atom)

    private fun exitOf(node: WorkflowNode) = if (node is Workflow) endOf(flowOf.getValue(node)) else atomNumber.getValue(node as Atom)
}
