package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.GraphNode;

/** A part of a workflow, as an end of a link: a task, or a workflow that is nested in it. */
public abstract sealed class Step permits TaskStep, NestedStep {
    final GraphNode child;

    Step(GraphNode child) {
        this.child = child;
    }

    /**
     * Names the step.
     *
     * @return unique in a workflow
     */
    public final String name() {
        return child.getName();
    }

    @Override
    public final String toString() {
        return name();
    }
}
