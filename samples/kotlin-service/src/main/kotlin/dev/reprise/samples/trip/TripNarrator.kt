package dev.reprise.samples.trip

import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.WorkflowListener
import dev.reprise.workflow.model.WorkflowState

/** Prints what happens to a trip, in words. */
class TripNarrator(
    private val say: (String) -> Unit = ::println,
) : WorkflowListener {
    private val refused = HashSet<String>()

    override fun onEvent(event: WorkflowEvent) {
        when (event) {
            is WorkflowEvent.TaskChanged -> if (!event.isController) words(event)?.let { say("  ${event.task}: $it") }
            is WorkflowEvent.RunChanged -> words(event.to)?.let(say)
            is WorkflowEvent.TaskProgressed, is WorkflowEvent.Decided -> Unit
        }
    }

    private fun words(event: WorkflowEvent.TaskChanged): String? =
        when (event.to) {
            TaskState.SUCCESS -> "booked ${event.result}"
            TaskState.FAILURE -> "not available - ${event.failure?.message}".also { refused += event.task }
            TaskState.REVERTED -> if (refused.remove(event.task)) null else "booking cancelled"
            TaskState.REVERT_FAILURE -> "could not be cancelled - ${event.failure?.message}"
            else -> null
        }

    private fun words(state: WorkflowState): String? =
        when (state) {
            WorkflowState.RESUMING -> "  (an earlier process started this trip and died: we continue from there)"
            WorkflowState.SUCCESS -> "  Have a good trip!"
            WorkflowState.REVERTED -> "  No trip this time; all bookings are cancelled."
            WorkflowState.FAILURE -> "  An operator has to look at this trip."
            else -> null
        }
}
