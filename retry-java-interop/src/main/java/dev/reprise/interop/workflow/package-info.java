/**
 * Workflows for Java: tasks in an order that are reverted when something after them fails, with
 * controllers that decide about another attempt.
 *
 * <p>Start at {@link dev.reprise.interop.workflow.Workflows}, which defines them, and {@link
 * dev.reprise.interop.workflow.WorkflowRunner}, which runs them. Keys, controllers, inputs,
 * outcomes, records and events are those of {@code dev.reprise.workflow}.
 *
 * <p><b>Preview:</b> can change in a minor release, with a line in the changelog.
 */
@NullMarked
package dev.reprise.interop.workflow;

import org.jspecify.annotations.NullMarked;
