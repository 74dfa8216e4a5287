package dev.reprise.internal.workflow.plan

import dev.reprise.workflow.model.FlowKind

/**
 * Finds the provider of a name for an atom: the nearest atom that runs before it.
 *
 * The search goes backwards through the atom's own workflow (nested workflows count, the last first; the controller is the first
 * item), then through the workflow around it, and so on. The atoms of a workflow are a range of numbers, so each step is a binary search
 * among the providers of the name.
 */
internal class Providers(
    private val plan: Plan,
) {
    private val names = NameTable(plan.atoms.sumOf { it.outputs.size })

    /** The atoms that provide a name, by the number of the name, in ascending order. */
    private val providers: Edges

    init {
        val (from, to) = IntList() to IntList()
        plan.atoms.forEachIndexed { index, atom ->
            atom.provides.forEach { name ->
                from.add(names.add(name))
                to.add(index)
            }
        }
        providers = Edges.of(names.size, from, to)
    }

    /** All atoms that provide [name], in ascending order. */
    fun all(name: String): List<Int> {
        val number = names.find(name)
        return if (number < 0) emptyList() else List(providers.count(number)) { providers[number, it] }
    }

    /** The providers of [name] in the nearest scope of [atom] that has one that is not [skipped], the nearest first, until [take] takes one. */
    inline fun find(
        atom: Int,
        name: String,
        skipped: (Int) -> Boolean,
        take: (Int) -> Boolean,
    ) {
        val number = names.find(name)
        if (number < 0) return
        var flow = plan.owningFlow[atom]
        var before = atom
        while (flow >= 0) {
            var any = false
            forEachBefore(plan.flows[flow], before, number) { provider ->
                if (!skipped(provider)) {
                    any = true
                    if (take(provider)) return
                }
            }
            if (any) return
            before = plan.flows[flow].first
            flow = plan.flows[flow].parent
        }
    }

    /** Only the controller precedes all children of an unordered workflow: checking no other one keeps the search short. */
    private inline fun forEachBefore(
        flow: NestedFlow,
        before: Int,
        name: Int,
        action: (Int) -> Unit,
    ) {
        val unordered = flow.workflow.kind == FlowKind.UNORDERED
        var at = below(name, if (unordered) minOf(before, flow.first + 1) else before)
        while (at >= 0 && providers[name, at] >= flow.first) {
            if (precedes(flow, providers[name, at], before)) action(providers[name, at])
            at--
        }
    }

    /** The position of the last provider of [name] that is below [limit], or -1. */
    private fun below(
        name: Int,
        limit: Int,
    ): Int {
        var low = 0
        var high = providers.count(name)
        while (low < high) {
            val middle = (low + high) ushr 1
            if (providers[name, middle] < limit) low = middle + 1 else high = middle
        }
        return low - 1
    }

    private fun precedes(
        flow: NestedFlow,
        provider: Int,
        child: Int,
    ): Boolean =
        when (flow.workflow.kind) {
            FlowKind.LINEAR -> true
            FlowKind.UNORDERED -> provider == flow.controller
            FlowKind.GRAPH -> provider == flow.controller || linked(flow, position(flow, provider), position(flow, child))
        }

    private fun position(
        flow: NestedFlow,
        atom: Int,
    ): Int {
        val found = flow.childStarts.binarySearch(atom)
        if (found < 0) return -found - 2
        // Children without atoms share their start with the next child, which is the right one.
        var last = found
        while (last + 1 < flow.childStarts.size && flow.childStarts[last + 1] == atom) last++
        return last
    }

    private fun linked(
        flow: NestedFlow,
        source: Int,
        target: Int,
    ): Boolean {
        val linkedFrom = checkNotNull(flow.linkedFrom)
        val seen = java.util.BitSet()
        val stack = IntList().also { it.add(target) }
        while (stack.size > 0) {
            val from = linkedFrom[stack.removeLast()]
            from.forEach { if (it == source) return true }
            from.forEach {
                if (!seen[it]) {
                    seen.set(it)
                    stack.add(it)
                }
            }
        }
        return false
    }
}
