package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.Workflow;

/** A workflow that is nested in another one. */
public final class NestedStep extends Step {
    NestedStep(Workflow workflow) {
        super(workflow);
    }
}
