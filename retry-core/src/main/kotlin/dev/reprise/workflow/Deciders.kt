package dev.reprise.workflow

/** Asks the deciders of an atom that could start, and passes over what they do not want. */
internal class Deciders(
    private val run: RunState,
) {
    private val plan get() = run.plan

    /** One "no" is enough; of several the one that reaches farthest counts. Links from an atom that was passed over itself have no vote. */
    suspend fun isWanted(atom: Int): Boolean {
        val asked = plan.deciders[atom] ?: return true
        // A controller that a crash left on its way to another attempt was wanted before its first.
        if (run.record(atom).state == AtomState.RETRYING) return true
        run.flush()
        val results = results(asked)
        val against =
            asked.filter { it.source < 0 || plan.atoms[it.source].name in results }.filterNot { edge ->
                brokenBy(plan.atoms[atom].name) { checkNotNull(edge.link.decider)(results) }
            }
        if (against.isEmpty()) return true
        passOver(atom, against.minOf { it.link.depth })
        return false
    }

    private fun results(asked: List<EdgeDecider>): Map<String, Any?> =
        asked
            .filter { it.source >= 0 && run.record(it.source).state != AtomState.IGNORE }
            .associate { plan.atoms[it.source].name to run.record(it.source).result }

    private suspend fun passOver(
        atom: Int,
        depth: DeciderDepth,
    ) {
        val passed = IntList().also { it.add(atom) }
        reached(atom, depth).forEach { if (run.record(it).state == AtomState.PENDING) passed.add(it) }
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
