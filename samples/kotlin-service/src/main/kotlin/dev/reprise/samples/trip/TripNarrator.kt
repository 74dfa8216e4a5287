package dev.reprise.samples.trip

import dev.reprise.workflow.AtomState
import dev.reprise.workflow.WorkflowEvent
import dev.reprise.workflow.WorkflowListener
import dev.reprise.workflow.WorkflowState

/** Tells what becomes of a trip, in words. */
class TripNarrator(
    private val say: (String) -> Unit = ::println,
) : WorkflowListener {
    private val refused = HashSet<String>()

    override fun on(event: WorkflowEvent) {
        when (event) {
            is WorkflowEvent.AtomMoved -> if (!event.isController) words(event)?.let { say("  ${event.atom}: $it") }
            is WorkflowEvent.WorkflowMoved -> words(event.to)?.let(say)
            is WorkflowEvent.Progressed -> Unit
        }
    }

    private fun words(event: WorkflowEvent.AtomMoved): String? =
        when (event.to) {
            AtomState.SUCCESS -> "booked ${event.result}"
            AtomState.FAILURE -> "not to be had - ${event.failure?.message}".also { refused += event.atom }
            AtomState.REVERTED -> if (refused.remove(event.atom)) null else "given back"
            AtomState.REVERT_FAILURE -> "could not be given back - ${event.failure?.message}"
            else -> null
        }

    private fun words(state: WorkflowState): String? =
        when (state) {
            WorkflowState.RESUMING -> "  (somebody has begun this trip and was gone: we go on from there)"
            WorkflowState.SUCCESS -> "  Have a good trip!"
            WorkflowState.REVERTED -> "  No trip this time, and nothing is left of it."
            WorkflowState.FAILURE -> "  Somebody has to look at this trip."
            else -> null
        }
}
