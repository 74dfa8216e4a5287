package dev.reprise.workflow.model

/**
 * Is told what happens in a run, one event after the other, in the coroutine of the run: while it works the run waits.
 *
 * What it throws is logged and changes nothing.
 */
public fun interface WorkflowListener {
    /** Called for each event. */
    public fun on(event: WorkflowEvent)
}
