package dev.reprise.workflow.model

/** How the children of a workflow are ordered. */
public enum class FlowKind {
    /** One after the other. */
    LINEAR,

    /** In any order, at the same time if the engine is parallel. */
    UNORDERED,

    /** By links, and by the values that they require and provide. */
    GRAPH,
}

/** What is skipped if a decider returns false. */
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

/** A link between two children of a graph. The [decider] is called with the results of the sources when [to] could start. */
internal class Link(
    val from: WorkflowNode,
    val to: WorkflowNode,
    val decider: ((SourceResults) -> Boolean)? = null,
    val depth: DeciderDepth = DeciderDepth.ALL,
)

/**
 * Tasks and nested workflows in an order, with an optional controller: a definition that can run any number of times.
 *
 * Created by `linear`, `unordered` and `graph`.
 */
public class Workflow internal constructor(
    override val name: String,
    /** The order of its children. */
    public val kind: FlowKind,
    internal val controller: ControllerAtom?,
    internal val children: List<WorkflowNode>,
    internal val links: List<Link>,
) : WorkflowNode(),
    GraphNode {
    private val required = lazy(LazyThreadSafetyMode.PUBLICATION, ::outerRequires)
    private val provided =
        lazy(LazyThreadSafetyMode.PUBLICATION) { (listOfNotNull(controller) + children).flatMapTo(LinkedHashSet()) { it.provides } }

    override val requires: Set<String> get() = required.value(Workflow::required)

    override val provides: Set<String> get() = provided.value(Workflow::provided)

    /** From the inside out: workflows may be nested deeper than a thread's stack. */
    private fun <T> Lazy<T>.value(of: (Workflow) -> Lazy<T>): T {
        if (isInitialized()) return value
        val nested = arrayListOf(this@Workflow)
        var next = 0
        while (next < nested.size) nested += nested[next++].children.filterIsInstance<Workflow>().filterNot { of(it).isInitialized() }
        nested.asReversed().forEach { of(it).value }
        return value
    }

    /** What the engine compiled from this definition, kept as long as the definition. */
    @Volatile
    internal var compiled: Any? = null

    /** In a linear one, children provide values to later ones; elsewhere siblings provide values only along links. */
    private fun outerRequires(): Set<String> {
        val inside = controller?.provides.orEmpty().toMutableSet()
        val outside = controller?.requires.orEmpty().toMutableSet()
        for (child in children) {
            child.requires.filterTo(outside) { it !in inside }
            if (kind == FlowKind.LINEAR) inside += child.provides
        }
        return if (kind == FlowKind.GRAPH) outside - provides else outside
    }

    /** The name and the kind. */
    override fun toString(): String = "$kind workflow $name".lowercase()
}

/** A part of a workflow: a task, or a workflow that is nested in it. */
public sealed class WorkflowNode {
    /** The name, unique in a workflow. */
    public abstract val name: String

    /** The names of the values that are required from outside. */
    public abstract val requires: Set<String>

    /** The names of the values that the atoms inside provide. */
    public abstract val provides: Set<String>
}
