package dev.reprise.workflow

import dev.reprise.internal.workflow.plan.Planner
import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.GraphBuilder
import dev.reprise.workflow.model.RetryController
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowBuilder

/**
 * A workflow whose children run one after the other; when a task fails, [retry] decides. Without a controller, everything is reverted. What is not a task
 * (a decider, a controller's decision, a value that is missing) ends the run as `FAILURE` when it fails, and nothing is reverted.
 *
 * ```
 * val ip = key<String>("ip")
 * val send = linear("send", retry = forEach(listOf("192.168.1.1", "192.168.1.2"), provides = ip)) {
 *     val socket = task("connect", requires = ip) { open(it) } revert { socket -> socket.close() }
 *     task("send", requires = socket) { it.write(hello) }
 * }
 * ```
 *
 * @throws dev.reprise.workflow.model.InvalidWorkflowException if two atoms have the same name, a value has two types, or a controller has nothing to try.
 */
public fun linear(
    name: String,
    retry: RetryController<*>? = null,
    block: WorkflowBuilder.() -> Unit,
): Workflow = WorkflowBuilder(name).apply(block).build(FlowKind.LINEAR, retry).planned()

/** Like [linear], but the children run in any order, at the same time if the engine is parallel. They do not see each other's values. */
public fun unordered(
    name: String,
    retry: RetryController<*>? = null,
    block: WorkflowBuilder.() -> Unit,
): Workflow = WorkflowBuilder(name).apply(block).build(FlowKind.UNORDERED, retry).planned()

/**
 * Like [linear], but links and values order the children: a child that requires a value runs after the child that provides it.
 *
 * @throws dev.reprise.workflow.model.InvalidWorkflowException also if children wait for each other, if several provide a value that another one requires, or if a link
 * leaves the graph.
 */
public fun graph(
    name: String,
    retry: RetryController<*>? = null,
    block: GraphBuilder.() -> Unit,
): Workflow = GraphBuilder(name).apply(block).build(FlowKind.GRAPH, retry).planned()

/** Reports mistakes here and not at the first run. The plan itself is not kept: this can be a part of a larger workflow. */
private fun Workflow.planned() = also { Planner(it).plan() }
