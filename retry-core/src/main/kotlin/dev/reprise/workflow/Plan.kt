package dev.reprise.workflow

/**
 * A workflow, flattened once into a graph of nodes that are numbers.
 *
 * The first [size] nodes are the atoms, in the order in which they stand in the workflow, each controller before its children; a nested
 * workflow is a range of them. Behind them each workflow has a start node and an end node, so that two unordered workflows in a row need
 * edges for the sum of their children and not for the product.
 */
internal class Plan(
    val name: String,
    val atoms: Array<Atom>,
    val flows: Array<FlowNode>,
    /** For each atom the number of the workflow that it is in, or -1. */
    val home: IntArray,
    val successors: Edges,
    val predecessors: Edges,
    val deciders: Map<Int, List<EdgeDecider>>,
) {
    val size: Int get() = atoms.size
    val nodes: Int = atoms.size + 2 * flows.size

    private val names = NameTable(atoms.size).also { names -> atoms.forEach { names.add(it.name) } }

    val providers: Providers = Providers(this)

    /** The record of an atom that has not run. */
    fun blank(atom: Int): AtomRecord =
        atoms[atom].let { AtomRecord(it.name, it.version, history = if (it is ControllerAtom) History.none else null) }

    /** The lines by which a stored run knows its workflow again. */
    val outline: String by lazy(LazyThreadSafetyMode.PUBLICATION) {
        atoms.joinToString("\n") { "${if (it is ControllerAtom) "controller" else "task"} ${it.version} ${it.name}" }
    }

    private val controllers = BooleanArray(size) { atoms[it] is ControllerAtom }

    private val hasPriorities = atoms.any { it.priority != 0 }

    /** What is required from outside, or may come from there in the place of its provider. */
    val needs: List<Need> = atoms.indices.flatMap { atom -> atoms[atom].needed.map { Need(atom, it, isProvided(atom, it.from.name)) } }

    private fun isProvided(
        atom: Int,
        name: String,
    ): Boolean {
        providers.find(atom, name, skipped = { false }) { return true }
        return false
    }

    /** The [atoms], higher priority first, otherwise in the order of the workflow. */
    fun byPriority(atoms: IntList): IntArray {
        val sorted = atoms.toArray()
        sorted.sort()
        if (!hasPriorities) return sorted
        return sorted.sortedByDescending { this.atoms[it].priority }.toIntArray()
    }

    /** Asked for each move; in a large run, looking at the atom itself would mean to fetch it from far away. */
    fun isController(atom: Int): Boolean = controllers[atom]

    fun isAtom(node: Int): Boolean = node < size

    fun indexOf(name: String): Int? = names.find(name).takeIf { it >= 0 }

    /** The nearest controller around [atom], never itself; -1 if there is none. */
    fun responsibleFor(atom: Int): Int {
        var flow = home[atom]
        if (flow >= 0 && flows[flow].controller == atom) flow = flows[flow].parent
        return if (flow < 0) -1 else flows[flow].responsible
    }

    /** All atoms after [node], in no particular order, without it. */
    fun after(node: Int): IntList = reach(node) { true }

    /** The atoms that are reached from [node] by walking over the nodes that [through] lets pass. */
    inline fun reach(
        node: Int,
        through: (Int) -> Boolean,
    ): IntList {
        val seen = java.util.BitSet(nodes)
        val found = IntList()
        val stack = IntList()
        successors.of(node) { stack.add(it) }
        while (stack.size > 0) {
            val next = stack.removeLast()
            if (seen[next]) continue
            seen.set(next)
            if (isAtom(next)) found.add(next)
            if (through(next)) successors.of(next) { stack.add(it) }
        }
        return found
    }
}

/** What [atom] has to be given. */
internal class Need(
    val atom: Int,
    val argument: Argument,
    /** True if an atom before it provides the value. */
    val isProvided: Boolean,
)

/** A nested workflow in a [Plan]. */
internal class FlowNode(
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

/** Asked when an atom could start. [source] is the atom before the link, or -1 if a workflow is before it. */
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

    /** The target of the edge of [node] that is the [position]th, from 0. */
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

/** A growing array of numbers. */
internal class IntList {
    private var items = IntArray(4)
    var size = 0
        private set

    operator fun get(index: Int): Int = items[index]

    fun add(item: Int) {
        if (size == items.size) items = items.copyOf(size * 2)
        items[size++] = item
    }

    fun removeLast(): Int = items[--size]

    fun clear() {
        size = 0
    }

    fun toArray(): IntArray = items.copyOf(size)

    inline fun forEach(action: (Int) -> Unit) {
        for (i in 0 until size) action(this[i])
    }

    inline fun <T> map(transform: (Int) -> T): List<T> = List(size) { transform(this[it]) }
}
