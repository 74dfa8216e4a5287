/**
 * Workflows for Java: tasks that are undone when something after them fails, in an order, with
 * controllers that decide about another attempt.
 *
 * <p>Start at {@link dev.reprise.interop.workflow.Workflows}, which says what is done, and {@link
 * dev.reprise.interop.workflow.WorkflowRunner}, which does it. Keys, inputs, outcomes, records and
 * events are those of {@code dev.reprise.workflow}.
 */
@NullMarked
package dev.reprise.interop.workflow;

import org.jspecify.annotations.NullMarked;
