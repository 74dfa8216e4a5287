package dev.reprise.workflow.model

/** A part of a workflow: a task, or a workflow that is nested in it. */
public sealed class WorkflowNode {
    /** The name. Atoms of one workflow have different names. */
    public abstract val name: String

    /** The names of the values that have to come from outside. */
    public abstract val requires: Set<String>

    /** The names of the values that the atoms inside provide. */
    public abstract val provides: Set<String>
}
