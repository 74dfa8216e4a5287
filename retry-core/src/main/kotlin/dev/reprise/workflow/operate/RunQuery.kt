package dev.reprise.workflow.operate

import dev.reprise.workflow.model.WorkflowState
import java.time.Instant

/** Which runs are listed: those that fit all that is set. An immutable value. */
public class RunQuery private constructor(
    /** The states that a run can be in; empty: any. */
    public val states: Set<WorkflowState>,
    /** The name of the workflow; null: any. */
    public val workflow: String?,
    /** What the id starts with. */
    public val idPrefix: String,
    /** The run has changed before this instant; null: at any time. */
    public val changedBefore: Instant?,
    /** The run has changed at this instant or later; null: at any time. */
    public val changedSince: Instant?,
) {
    /** The same query for runs in one of [states]. */
    public fun states(vararg states: WorkflowState): RunQuery = copy(states = states.toSet())

    /** The same query for runs of the workflow named [name]. */
    public fun workflow(name: String): RunQuery = copy(workflow = name)

    /** The same query for runs whose id starts with [prefix]. */
    public fun idPrefix(prefix: String): RunQuery = copy(idPrefix = prefix)

    /** The same query for runs that have not changed since [instant]. */
    public fun changedBefore(instant: Instant): RunQuery = copy(changedBefore = instant)

    /** The same query for runs that have changed since [instant]. */
    public fun changedSince(instant: Instant): RunQuery = copy(changedSince = instant)

    /** True if a run has to be read before it is known whether it fits. */
    internal val isSelective: Boolean get() = workflow != null || idPrefix.isNotEmpty() || changedBefore != null || changedSince != null

    internal fun accepts(run: RunSummary): Boolean =
        (states.isEmpty() || run.state in states) &&
            (workflow == null || run.workflow == workflow) &&
            run.id.startsWith(idPrefix) &&
            (changedBefore == null || run.changedAt < changedBefore) &&
            (changedSince == null || run.changedAt >= changedSince)

    private fun copy(
        states: Set<WorkflowState> = this.states,
        workflow: String? = this.workflow,
        idPrefix: String = this.idPrefix,
        changedBefore: Instant? = this.changedBefore,
        changedSince: Instant? = this.changedSince,
    ) = RunQuery(states, workflow, idPrefix, changedBefore, changedSince)

    public companion object {
        /** All runs. */
        @JvmField
        public val ALL: RunQuery = RunQuery(emptySet(), null, "", null, null)
    }
}
