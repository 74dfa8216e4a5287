package dev.reprise.internal.workflow.plan

import dev.reprise.internal.workflow.text.Outline
import dev.reprise.workflow.model.Argument
import dev.reprise.workflow.model.Atom
import dev.reprise.workflow.model.ControllerAtom
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.spi.TaskRecord

/**
 * A workflow, flattened once into a graph of nodes that are numbers.
 *
 * The first [size] nodes are the atoms, in their order in the workflow, each controller before its children; a nested
 * workflow is a range of them. After them each workflow has a start node and an end node, so that two unordered workflows in a row need
 * edges for the sum of their children and not for the product.
 */
internal class Plan(
    val name: String,
    val atoms: Array<Atom>,
    val flows: Array<NestedFlow>,
    /** For each atom the number of the workflow that it is in, or -1. */
    val owningFlow: IntArray,
    val successors: Edges,
    val predecessors: Edges,
    val deciders: Map<Int, List<EdgeDecider>>,
) {
    val size: Int get() = atoms.size
    val nodes: Int = atoms.size + 2 * flows.size

    private val names = NameTable(atoms.size).also { names -> atoms.forEach { names.add(it.name) } }

    val providers: Providers = Providers(this)

    /** The record of an atom that has not run. */
    fun blank(atom: Int): TaskRecord =
        atoms[atom].let { TaskRecord(it.name, it.version, history = if (it is ControllerAtom) ControllerHistory.none else null) }

    /** The lines by which a stored run recognizes its workflow. */
    val outline: String by lazy(LazyThreadSafetyMode.PUBLICATION) { Outline.write(flows.firstOrNull()?.workflow ?: atoms.single()) }

    private val controllers = BooleanArray(size) { atoms[it] is ControllerAtom }

    private val conditional = BooleanArray(size) { it in deciders }

    private val hasPriorities = atoms.any { it.priority != 0 }

    /** What is required from outside, or can come from there instead of from its provider. */
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

    /** Read for each transition; in a large run the atom itself would be a cache miss. */
    fun isController(atom: Int): Boolean = controllers[atom]

    /** True if [atom] has deciders. */
    fun isConditional(atom: Int): Boolean = conditional[atom]

    fun isAtom(node: Int): Boolean = node < size

    fun indexOf(name: String): Int? = names.find(name).takeIf { it >= 0 }

    /** The nearest controller around [atom], never itself; -1 if there is none. */
    fun responsibleFor(atom: Int): Int {
        var flow = owningFlow[atom]
        if (flow >= 0 && flows[flow].controller == atom) flow = flows[flow].parent
        return if (flow < 0) -1 else flows[flow].responsible
    }

    /** All atoms after [node], in no particular order, without it. */
    fun after(node: Int): IntList = reach(node) { true }

    /** The atoms that are reached from [node] through nodes that [through] accepts. */
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

/** What [atom] requires. */
internal class Need(
    val atom: Int,
    val argument: Argument,
    /** True if an atom before it provides the value. */
    val isProvided: Boolean,
)
