package dev.reprise.interop.workflow

import dev.reprise.workflow.graph
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.DeciderDepth
import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.GraphBuilder
import dev.reprise.workflow.model.GraphNode
import dev.reprise.workflow.model.RetryController
import dev.reprise.workflow.model.SourceResults
import dev.reprise.workflow.model.TaskHandle
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowBuilder
import dev.reprise.workflow.unordered
import java.util.function.Consumer
import java.util.function.Predicate

/** Workflows, whose builders are Kotlin functions with a receiver. */
internal object FlowBridge {
    @JvmStatic
    fun workflow(
        shape: FlowKind,
        name: String,
        retry: RetryController<*>?,
        tell: Consumer<in GraphSteps>,
    ): Workflow =
        when (shape) {
            FlowKind.LINEAR -> linear(name, retry) { tell.accept(GraphSteps(this)) }
            FlowKind.UNORDERED -> unordered(name, retry) { tell.accept(GraphSteps(this)) }
            FlowKind.GRAPH -> graph(name, retry) { tell.accept(GraphSteps(this)) }
        }

    @JvmStatic
    fun nested(
        builder: WorkflowBuilder,
        shape: FlowKind,
        name: String,
        retry: RetryController<*>?,
        tell: Consumer<in GraphSteps>,
    ): Workflow =
        when (shape) {
            FlowKind.LINEAR -> builder.linear(name, retry) { tell.accept(GraphSteps(this)) }
            FlowKind.UNORDERED -> builder.unordered(name, retry) { tell.accept(GraphSteps(this)) }
            FlowKind.GRAPH -> builder.graph(name, retry) { tell.accept(GraphSteps(this)) }
        }

    @JvmStatic
    fun link(
        graph: WorkflowBuilder,
        from: GraphNode,
        to: GraphNode,
    ) = (graph as GraphBuilder).link(from, to)

    @JvmStatic
    fun link(
        graph: WorkflowBuilder,
        from: GraphNode,
        to: GraphNode,
        depth: DeciderDepth,
        decider: Predicate<in LinkResults>,
    ) = (graph as GraphBuilder).link(from, to, depth) { decider.test(LinkResults(it)) }

    @JvmStatic
    fun <R> result(
        results: SourceResults,
        task: TaskHandle<R>,
    ): R? = results[task]
}
