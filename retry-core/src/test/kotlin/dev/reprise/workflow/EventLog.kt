package dev.reprise.workflow

/** Writes events down as short lines for literal comparison, without `RUNNING` of atoms. */
internal class EventLog : WorkflowListener {
    val lines = ArrayList<String>()

    override fun on(event: WorkflowEvent) {
        if (event is WorkflowEvent.AtomMoved && event.to == AtomState.RUNNING) return
        lines += event.toString()
    }
}

internal class Broken(
    message: String,
) : Exception(message)

internal class Defect(
    message: String,
) : Error(message)
