package dev.reprise.internal.workflow.engine

import dev.reprise.internal.workflow.plan.EdgeDecider
import dev.reprise.internal.workflow.plan.IntList
import dev.reprise.workflow.model.DeciderDepth
import dev.reprise.workflow.model.SourceResults
import dev.reprise.workflow.model.TaskAtom
import dev.reprise.workflow.model.TaskState

/** Calls the deciders of an atom that could start, and skips what they reject. */
internal class DeciderCheck(
    private val run: RunState,
) {
    private val plan get() = run.plan

    /** One false is enough; of several the one with the widest depth counts. Links from a skipped atom are ignored. */
    suspend fun isWanted(atom: Int): Boolean {
        val asked = plan.deciders[atom] ?: return true
        // A controller that a crash left before another attempt was accepted before its first.
        if (run.record(atom).state == TaskState.RETRYING) return true
        run.flush()
        val results = results(asked)
        val against =
            asked.filterNot { isIgnored(it.source) }.filterNot { edge ->
                brokenBy(plan.atoms[atom].name) { checkNotNull(edge.link.decider)(results) }
            }
        if (against.isEmpty()) return true
        passOver(atom, against.minOf { it.link.depth })
        return false
    }

    private fun results(asked: List<EdgeDecider>): SourceResults {
        val sources = asked.map { it.source }.filter { it >= 0 && !isIgnored(it) }
        return SourceResults(sources.associate { plan.atoms[it].name to run.record(it).result })
    }

    private fun isIgnored(source: Int): Boolean = source >= 0 && run.record(source).state == TaskState.IGNORE

    private suspend fun passOver(
        atom: Int,
        depth: DeciderDepth,
    ) {
        val passed = IntList().also { it.add(atom) }
        reached(atom, depth).forEach { if (run.record(it).state == TaskState.PENDING) passed.add(it) }
        run.ignore(passed)
    }

    private fun reached(
        atom: Int,
        depth: DeciderDepth,
    ): IntList =
        when (depth) {
            DeciderDepth.ALL -> plan.after(atom)
            DeciderDepth.FLOW -> tasksIn(plan.reach(atom) { plan.isAtom(it) && plan.atoms[it] is TaskAtom })
            DeciderDepth.NEIGHBORS -> tasksIn(plan.reach(atom) { false })
            DeciderDepth.ATOM -> IntList()
        }

    private fun tasksIn(atoms: IntList) = IntList().also { tasks -> atoms.forEach { if (plan.atoms[it] is TaskAtom) tasks.add(it) } }
}
