package dev.reprise.workflow.model

import dev.reprise.internal.workflow.plan.Plan
import dev.reprise.internal.workflow.plan.Planner

/** How the children of a workflow are ordered. */
public enum class FlowKind {
    /** One after the other. */
    LINEAR,

    /** In any order, at the same time if the engine is parallel. */
    UNORDERED,

    /** By links, and by who requires what others provide. */
    GRAPH,
}

/** How far a decider's "no" reaches. */
public enum class DeciderDepth {
    /** The target and every atom after it. */
    ALL,

    /** The target and all tasks after it in its own workflow, without the workflows nested there. */
    FLOW,

    /** The target and the tasks directly after it. */
    NEIGHBORS,

    /** The target alone. */
    ATOM,
}

/** A link between two children of a graph. A [decider] is asked with the results of the sources, by name, when [to] could start. */
internal class Link(
    val from: WorkflowNode,
    val to: WorkflowNode,
    val decider: ((Map<String, Any?>) -> Boolean)? = null,
    val depth: DeciderDepth = DeciderDepth.ALL,
)

/**
 * Tasks and nested workflows in an order, with an optional controller: a definition that can run any number of times.
 *
 * Made by [linear], [unordered] and [graph]. Its plan is made at the first run and kept.
 */
public class Workflow internal constructor(
    override val name: String,
    /** The order of its children. */
    public val shape: FlowKind,
    internal val controller: ControllerAtom?,
    internal val children: List<WorkflowNode>,
    internal val links: List<Link>,
) : WorkflowNode(),
    GraphNode {
    override val requires: Set<String> by lazy(LazyThreadSafetyMode.PUBLICATION, ::outerRequires)

    override val provides: Set<String> by lazy(LazyThreadSafetyMode.PUBLICATION) {
        (listOfNotNull(controller) + children).flatMapTo(LinkedHashSet()) { it.provides }
    }

    internal val plan: Plan by lazy { Planner(this).plan() }

    /** In a linear one what comes earlier provides for what comes later; in the others siblings are no help, except by the links of a graph. */
    private fun outerRequires(): Set<String> {
        val inside = controller?.provides.orEmpty().toMutableSet()
        val outside = controller?.requires.orEmpty().toMutableSet()
        for (child in children) {
            child.requires.filterTo(outside) { it !in inside }
            if (shape == FlowKind.LINEAR) inside += child.provides
        }
        return if (shape == FlowKind.GRAPH) outside - provides else outside
    }

    /** The name and the shape. */
    override fun toString(): String = "$shape workflow $name".lowercase()
}
