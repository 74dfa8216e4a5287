package dev.reprise.interop.workflow

import dev.reprise.workflow.Child
import dev.reprise.workflow.DeciderDepth
import dev.reprise.workflow.GraphBuilder
import dev.reprise.workflow.RetryController
import dev.reprise.workflow.Shape
import dev.reprise.workflow.SourceResults
import dev.reprise.workflow.TaskHandle
import dev.reprise.workflow.Workflow
import dev.reprise.workflow.WorkflowBuilder
import dev.reprise.workflow.graph
import dev.reprise.workflow.linear
import dev.reprise.workflow.unordered
import java.util.function.Consumer
import java.util.function.Predicate

/** Workflows, whose builders are Kotlin functions with a receiver. */
internal object FlowBridge {
    @JvmStatic
    fun workflow(
        shape: Shape,
        name: String,
        retry: RetryController<*>?,
        tell: Consumer<in GraphSteps>,
    ): Workflow =
        when (shape) {
            Shape.LINEAR -> linear(name, retry) { tell.accept(GraphSteps(this)) }
            Shape.UNORDERED -> unordered(name, retry) { tell.accept(GraphSteps(this)) }
            Shape.GRAPH -> graph(name, retry) { tell.accept(GraphSteps(this)) }
        }

    @JvmStatic
    fun nested(
        builder: WorkflowBuilder,
        shape: Shape,
        name: String,
        retry: RetryController<*>?,
        tell: Consumer<in GraphSteps>,
    ): Workflow =
        when (shape) {
            Shape.LINEAR -> builder.linear(name, retry) { tell.accept(GraphSteps(this)) }
            Shape.UNORDERED -> builder.unordered(name, retry) { tell.accept(GraphSteps(this)) }
            Shape.GRAPH -> builder.graph(name, retry) { tell.accept(GraphSteps(this)) }
        }

    @JvmStatic
    fun link(
        graph: WorkflowBuilder,
        from: Child,
        to: Child,
    ) = (graph as GraphBuilder).link(from, to)

    @JvmStatic
    fun link(
        graph: WorkflowBuilder,
        from: Child,
        to: Child,
        depth: DeciderDepth,
        decider: Predicate<in LinkResults>,
    ) = (graph as GraphBuilder).link(from, to, depth) { decider.test(LinkResults(it)) }

    @JvmStatic
    fun <R> result(
        results: SourceResults,
        task: TaskHandle<R>,
    ): R? = results[task]
}
