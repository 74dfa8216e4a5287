package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.DeciderDepth;
import dev.reprise.workflow.model.WorkflowBuilder;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Collects the steps of a graph, and the links between them that do not follow from their values.
 */
public final class GraphSteps extends WorkflowSteps {
    GraphSteps(WorkflowBuilder builder) {
        super(builder);
    }

    /**
     * Lets one step run after another one.
     *
     * @param from runs first
     * @param to runs after it
     */
    public void link(Step from, Step to) {
        FlowBridge.link(builder, from.child, to.child);
    }

    /**
     * Lets one step run after another one, if the decider says yes. If it says no, {@code to} is
     * passed over, and everything after it.
     *
     * @param from runs first
     * @param to runs after it
     * @param decider asked when {@code to} could start; again in another attempt and after a crash
     */
    public void link(Step from, Step to, Predicate<? super LinkResults> decider) {
        link(from, to, DeciderDepth.ALL, decider);
    }

    /**
     * Lets one step run after another one, if the decider says yes.
     *
     * @param from runs first
     * @param to runs after it
     * @param depth how much is passed over with {@code to} if it says no
     * @param decider asked when {@code to} could start; again in another attempt and after a crash
     */
    public void link(
            Step from, Step to, DeciderDepth depth, Predicate<? super LinkResults> decider) {
        Objects.requireNonNull(decider, "decider");
        FlowBridge.link(builder, from.child, to.child, depth, decider);
    }
}
