package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.workflow.model.DeciderDepth;
import dev.reprise.workflow.model.GraphBuilder;
import dev.reprise.workflow.model.GraphNode;
import dev.reprise.workflow.model.SourceResults;
import java.util.function.Consumer;
import java.util.function.Predicate;
import kotlin.Unit;
import kotlin.jvm.functions.Function1;

/**
 * Collects the steps of a graph, and the links between them that do not follow from their values.
 */
public final class GraphSteps extends WorkflowSteps {
    private final GraphBuilder graph;

    GraphSteps(GraphBuilder graph) {
        super(graph);
        this.graph = graph;
    }

    /**
     * Lets one step run after another one.
     *
     * @param from a {@code TaskStep} or a {@code Workflow} that runs first
     * @param to a step that runs after it
     */
    public void link(GraphNode from, GraphNode to) {
        graph.link(from, to);
    }

    /**
     * Lets one step run after another one, if the decider returns true. If it returns false, {@code
     * to} is skipped, and everything after it.
     *
     * @param from runs first
     * @param to runs after it
     * @param decider called when {@code to} could start; again in another attempt and after a crash
     */
    public void link(GraphNode from, GraphNode to, Predicate<? super SourceResults> decider) {
        link(from, to, DeciderDepth.ALL, decider);
    }

    /**
     * Lets one step run after another one, if the decider returns true.
     *
     * @param from runs first
     * @param to runs after it
     * @param depth how much is skipped with {@code to} if it returns false
     * @param decider called when {@code to} could start; again in another attempt and after a crash
     */
    public void link(
            GraphNode from,
            GraphNode to,
            DeciderDepth depth,
            Predicate<? super SourceResults> decider) {
        requireNonNull(decider, "decider");
        graph.link(from, to, depth, decider::test);
    }

    static Function1<GraphBuilder, Unit> graphOf(Consumer<? super GraphSteps> steps) {
        requireNonNull(steps, "steps");
        return graph -> {
            steps.accept(new GraphSteps(graph));
            return Unit.INSTANCE;
        };
    }
}
