package dev.reprise.workflow

import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.WorkflowListener

/** Records events as short lines for literal comparison, without `RUNNING` of atoms and the decisions of controllers. */
internal class EventLog : WorkflowListener {
    val lines = ArrayList<String>()

    override fun onEvent(event: WorkflowEvent) {
        if (event is WorkflowEvent.TaskChanged && event.to == TaskState.RUNNING) return
        if (event is WorkflowEvent.Decided) return
        lines += event.toString()
    }
}

internal class Broken(
    message: String,
) : Exception(message)

internal class Defect(
    message: String,
) : Error(message)
