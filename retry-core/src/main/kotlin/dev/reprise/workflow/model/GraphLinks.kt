package dev.reprise.workflow.model

/** Completes the links of a graph by names, and puts its children into an order in which each comes after those it waits for. */
internal class GraphLinks(
    private val graph: String,
    private val controller: ControllerAtom?,
    private val children: List<WorkflowNode>,
    private val explicit: List<Link>,
    private val infer: Boolean,
) {
    val links: List<Link> = explicit + if (infer) inferred() else emptyList()

    private fun inferred(): List<Link> {
        val linked = explicit.mapTo(HashSet()) { it.from to it.to }
        val providers = LinkedHashMap<String, MutableList<WorkflowNode>>()
        children.forEach { child -> child.provides.forEach { providers.getOrPut(it) { ArrayList(1) } += child } }
        val byController = controller?.provides.orEmpty()
        return children.flatMap { child ->
            child.requires
                .filter { it !in byController }
                .mapNotNull { name -> provider(name, child, providers[name].orEmpty()) }
                .filter { linked.add(it to child) }
                .map { Link(it, child) }
        }
    }

    private fun provider(
        name: String,
        child: WorkflowNode,
        all: List<WorkflowNode>,
    ): WorkflowNode? {
        val others = all.filter { it !== child }
        if (others.size > 1) {
            throw InvalidWorkflowException(
                WorkflowProblem.AMBIGUOUS_PROVIDER,
                "in the graph $graph, ${child.name} requires \"$name\", which ${others.joinToString(
                    " and ",
                ) { it.name }} provide: give them different keys",
            )
        }
        return others.firstOrNull()
    }

    /** The children in the order in which they were added, except where a link requires another order. */
    fun ordered(): List<WorkflowNode> {
        val open = HashMap<WorkflowNode, Int>()
        links.forEach { open.merge(it.to, 1, Int::plus) }
        val next = links.groupBy { it.from }
        val ready = ArrayDeque(children.filter { it !in open })
        val ordered = ArrayList<WorkflowNode>(children.size)
        while (ready.isNotEmpty()) {
            val child = ready.removeFirst()
            ordered += child
            next[child].orEmpty().forEach { if (open.merge(it.to, -1, Int::plus) == 0) ready += it.to }
        }
        if (ordered.size < children.size) throw cycle(children - ordered.toSet())
        return ordered
    }

    /** Walks backwards from any remaining child until one repeats: each of them waits for another remaining one. */
    private fun cycle(left: List<WorkflowNode>): InvalidWorkflowException {
        val stuck = left.toSet()
        val sources = links.filter { it.from in stuck }.associateBy({ it.to }, { it.from })
        val way = LinkedHashSet<WorkflowNode>()
        var at = left.first()
        while (way.add(at)) at = sources.getValue(at)
        val circle =
            listOf(at) +
                way
                    .toList()
                    .dropWhile { it !== at }
                    .drop(1)
                    .reversed()
        return InvalidWorkflowException(
            WorkflowProblem.CYCLE,
            "in the graph $graph, ${(circle + circle.first()).joinToString(" -> ") { it.name }} wait for each other",
        )
    }
}
