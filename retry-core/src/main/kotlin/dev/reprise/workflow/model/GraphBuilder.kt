package dev.reprise.workflow.model

/** Collects the children of a graph, and the links between them that do not follow from their values. */
public class GraphBuilder internal constructor(
    name: String,
) : WorkflowBuilder(name) {
    private class Connection(
        val from: GraphNode,
        val to: GraphNode,
        val depth: DeciderDepth,
        val decider: ((SourceResults) -> Boolean)?,
    )

    private val connections = ArrayList<Connection>()

    /** [to] runs after [from]. */
    public fun link(
        from: GraphNode,
        to: GraphNode,
    ) {
        connections += Connection(from, to, DeciderDepth.ALL, null)
    }

    /**
     * [to] runs after [from], if [decider] returns true. It is called when [to] could start, with the results of the tasks before its links.
     * If it returns false, [to] is skipped, and with it what [depth] says. It can be called again in another attempt, and after a crash. If it
     * throws, the run ends as `FAILURE` and nothing is reverted: unlike a task, a decider is not work that could be undone.
     */
    public fun link(
        from: GraphNode,
        to: GraphNode,
        depth: DeciderDepth = DeciderDepth.ALL,
        decider: (SourceResults) -> Boolean,
    ) {
        connections += Connection(from, to, depth, decider)
    }

    internal override fun build(
        kind: FlowKind,
        retry: RetryController<*>?,
    ): Workflow {
        val nodes = children.associateWith(::nodeOf)
        val links = connections.map { Link(node(nodes, it, it.from), node(nodes, it, it.to), it.decider, it.depth) }
        val controller = controllerOf(retry)
        val graph = GraphLinks(name, controller, nodes.values.toList(), links, infer = true)
        return Workflow(name, kind, controller, graph.ordered(), graph.links)
    }

    private fun node(
        nodes: Map<GraphNode, WorkflowNode>,
        connection: Connection,
        end: GraphNode,
    ) = nodes[end.node]
        ?: throw InvalidWorkflowException(
            WorkflowProblem.BAD_LINK,
            "the link from ${connection.from.name} to ${connection.to.name} leaves the graph $name: ${end.name} is no child of it",
        )
}

/** A child of a graph, as an end of a link: a task or a nested workflow. */
public interface GraphNode {
    /** Its name. */
    public val name: String

    /** The child itself. A class that wraps a child returns the child. */
    public val node: GraphNode get() = this
}

/** What a decider sees: the results of the tasks before the links that it decides about. */
public class SourceResults internal constructor(
    internal val results: Map<String, Any?>,
) {
    /** The result of [task]; null if it returned null, was skipped, or is not before such a link. */
    @Suppress("UNCHECKED_CAST")
    public operator fun <R, T> get(task: T): R? where T : Input<R>, T : GraphNode = results[task.name] as R?
}
