package dev.reprise.workflow

import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.WorkflowListener

/** Writes events down as short lines for literal comparison, without `RUNNING` of atoms. */
internal class EventLog : WorkflowListener {
    val lines = ArrayList<String>()

    override fun on(event: WorkflowEvent) {
        if (event is WorkflowEvent.AtomMoved && event.to == TaskState.RUNNING) return
        lines += event.toString()
    }
}

internal class Broken(
    message: String,
) : Exception(message)

internal class Defect(
    message: String,
) : Error(message)
