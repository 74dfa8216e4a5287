package dev.reprise.internal.workflow.plan

import dev.reprise.workflow.model.Workflow

/**
 * The plans of workflows that have run, by identity. A plan refers to its workflow, so a weak map would keep both: the workflow itself holds
 * its plan, and both are collected together.
 */
internal object PlanCache {
    /** Two threads can both plan at first; either result is correct. */
    fun planOf(workflow: Workflow): Plan = workflow.compiled as Plan? ?: Planner(workflow).plan().also { workflow.compiled = it }
}
