package dev.reprise.workflow.model

/** Collects the children of a graph, and the links between them that do not follow from their values. */
public class GraphBuilder internal constructor(
    name: String,
) : WorkflowBuilder(name) {
    private class Wish(
        val from: GraphNode,
        val to: GraphNode,
        val depth: DeciderDepth,
        val decider: ((Map<String, Any?>) -> Boolean)?,
    )

    private val wishes = ArrayList<Wish>()

    /** [to] runs after [from]. */
    public fun link(
        from: GraphNode,
        to: GraphNode,
    ) {
        wishes += Wish(from, to, DeciderDepth.ALL, null)
    }

    /**
     * [to] runs after [from], if [decider] says yes. It is asked when [to] could start, with the results of the atoms before its links. If
     * it says no, [to] is passed over, and with it what [depth] says. It may be asked again in another attempt, and after a crash.
     */
    public fun link(
        from: GraphNode,
        to: GraphNode,
        depth: DeciderDepth = DeciderDepth.ALL,
        decider: (SourceResults) -> Boolean,
    ) {
        wishes += Wish(from, to, depth) { decider(SourceResults(it)) }
    }

    internal override fun build(
        shape: FlowKind,
        retry: RetryController<*>?,
    ): Workflow {
        val nodes = children.associateWith(::nodeOf)
        val links = wishes.map { Link(node(nodes, it, it.from), node(nodes, it, it.to), it.decider, it.depth) }
        val controller = controllerOf(retry)
        val graph = GraphLinks(name, controller, nodes.values.toList(), links, infer = true)
        return Workflow(name, shape, controller, graph.ordered(), graph.links)
    }

    private fun node(
        nodes: Map<GraphNode, WorkflowNode>,
        wish: Wish,
        end: GraphNode,
    ) = nodes[end]
        ?: throw InvalidWorkflowException(
            WorkflowProblem.BAD_LINK,
            "the link from ${wish.from.name} to ${wish.to.name} leaves the graph $name: ${end.name} is no child of it",
        )
}

/** What a decider sees: the results of the atoms before the links that it decides about. */
public class SourceResults internal constructor(
    private val results: Map<String, Any?>,
) {
    /** The result of [task]; null if it returned null, was passed over, or is not before such a link. */
    @Suppress("UNCHECKED_CAST")
    public operator fun <R> get(task: TaskHandle<R>): R? = results[task.name] as R?
}
