package dev.reprise.internal.workflow.engine

import dev.reprise.internal.workflow.plan.Edges
import dev.reprise.internal.workflow.plan.IntList
import dev.reprise.internal.workflow.plan.Plan
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.spi.Intention
import dev.reprise.workflow.spi.TaskRecord

/**
 * Which atoms can start, updated with every transition.
 *
 * An atom can run when everything before it, however far away, is done; it can be reverted when nothing after it is left to revert.
 * Checking all of them each time would make a run of n tasks cost n². Instead each node counts its direct neighbours that are not *passed*;
 * a node is passed when it is done itself and all its neighbours on that side are passed, so a count of zero covers everything beyond. A
 * transition updates only the neighbours, and continues only where a node becomes passed or stops being so. (No bit sets here: to clear a
 * bit they search for the last one that is left.)
 */
internal class Readiness(
    private val plan: Plan,
    private val known: Known,
) {
    /** The record of an atom, if its state has ever changed. A separate interface, because function types box every number. */
    fun interface Known {
        operator fun invoke(atom: Int): TaskRecord?
    }

    private fun interface Settled {
        operator fun invoke(record: TaskRecord?): Boolean
    }

    private val forward = Side(plan.predecessors, plan.successors, ::isDone)

    /** Counted from the first intention to revert on: most runs have none. */
    private var backward: Side? = null

    /** Counted from the first [touchedAfter] on. */
    private var pristine: Side? = null
    private val seenIn = IntArray(plan.nodes)
    private var walks = 0
    private val waiting = IntList()
    private val isWaiting = BooleanArray(plan.size)

    init {
        forward.begin()
        for (atom in 0 until plan.size) {
            countBackward(known(atom))
            consider(atom)
        }
    }

    /** To be called after each transition of [atom] and each change of its intention. */
    fun update(atom: Int) {
        val record = known(atom)
        forward.update(atom, record)
        backward?.update(atom, record)
        pristine?.update(atom, record)
        countBackward(record)
        consider(atom)
    }

    /** Takes the atoms that can have become ready since the last call; each still has to be checked. */
    inline fun drain(action: (Int) -> Unit) {
        var next = 0
        while (next < waiting.size) {
            val atom = waiting[next++]
            isWaiting[atom] = false
            action(atom)
        }
        waiting.clear()
    }

    fun mayExecute(atom: Int): Boolean = forward.isOpen(atom) && known(atom).let { it == null || isMeantToRun(it) }

    private fun isMeantToRun(it: TaskRecord) =
        (it.state == TaskState.PENDING || it.state == TaskState.RETRYING) && it.intention == Intention.EXECUTE

    fun mayRevert(atom: Int): Boolean = backward?.isOpen(atom) == true && known(atom).let { it != null && isMeantToBeUndone(it) }

    private fun isMeantToBeUndone(it: TaskRecord) =
        (it.state == TaskState.SUCCESS || it.state == TaskState.FAILURE || it.state == TaskState.RETRYING) &&
            (it.intention == Intention.REVERT || it.intention == Intention.RETRY)

    /**
     * The atoms after [node] whose state has changed or is intended to. What is after them has nothing to revert or reset, and is not
     * visited: a controller at the beginning of a long run can retry often.
     */
    fun touchedAfter(node: Int): IntList {
        walks++
        val pristine = pristine()
        val found = IntList()
        val stack = IntList()
        plan.successors.of(node) { stack.add(it) }
        while (stack.size > 0) {
            val next = stack.removeLast()
            if (seenIn[next] == walks || pristine.isPassed(next)) continue
            seenIn[next] = walks
            if (plan.isAtom(next)) found.add(next)
            plan.successors.of(next) { stack.add(it) }
        }
        return found
    }

    private fun countBackward(record: TaskRecord?) {
        if (backward != null || record == null || record.intention == Intention.EXECUTE || record.intention == Intention.IGNORE) return
        Side(plan.successors, plan.predecessors, ::isUndone).also { backward = it }.begin()
    }

    private fun pristine() =
        pristine ?: Side(plan.successors, plan.predecessors, ::isPristine).also {
            pristine = it
            it.begin()
        }

    private fun consider(atom: Int) {
        if (!isWaiting[atom] && (mayExecute(atom) || mayRevert(atom))) {
            isWaiting[atom] = true
            waiting.add(atom)
        }
    }

    private fun isDone(it: TaskRecord?): Boolean =
        it != null &&
            (it.state == TaskState.SUCCESS || it.state == TaskState.IGNORE) &&
            (it.intention == Intention.EXECUTE || it.intention == Intention.IGNORE)

    private fun isUndone(it: TaskRecord?): Boolean =
        it == null || it.state == TaskState.PENDING || it.state == TaskState.REVERTED || it.state == TaskState.IGNORE

    private fun isPristine(it: TaskRecord?): Boolean = it == null || (it.state == TaskState.PENDING && it.intention == Intention.EXECUTE)

    /** The counts of one direction: [toward] are the neighbours that are counted, [away] those whose counts a node is in. */
    private inner class Side(
        private val toward: Edges,
        private val away: Edges,
        private val isSettled: Settled,
    ) {
        private val open = IntArray(plan.nodes) { toward.count(it) }
        private val passed = BooleanArray(plan.nodes)
        private val changed = IntList()

        fun isOpen(node: Int): Boolean = open[node] == 0

        fun isPassed(node: Int): Boolean = passed[node]

        fun begin() {
            for (node in 0 until plan.nodes) if (open[node] == 0) changed.add(node)
            settle()
        }

        /** Most transitions change nothing here. */
        fun update(
            atom: Int,
            record: TaskRecord?,
        ) {
            if ((open[atom] == 0 && isSettled(record)) == passed[atom]) return
            changed.add(atom)
            settle()
        }

        private fun settle() {
            while (changed.size > 0) {
                val node = changed.removeLast()
                val now = open[node] == 0 && (!plan.isAtom(node) || isSettled(known(node)))
                if (now != passed[node]) {
                    passed[node] = now
                    away.of(node) { count(it, if (now) -1 else 1) }
                }
            }
        }

        /** Only the change between zero and one matters. */
        private fun count(
            node: Int,
            change: Int,
        ) {
            val before = open[node]
            open[node] = before + change
            if (before + minOf(change, 0) > 0) return
            changed.add(node)
            if (plan.isAtom(node)) consider(node)
        }
    }
}
