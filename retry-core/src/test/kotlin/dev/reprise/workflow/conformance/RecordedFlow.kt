package dev.reprise.workflow.conformance

import dev.reprise.workflow.model.Argument
import dev.reprise.workflow.model.ControllerAtom
import dev.reprise.workflow.model.DeciderDepth
import dev.reprise.workflow.model.FlowKind
import dev.reprise.workflow.model.GraphLinks
import dev.reprise.workflow.model.Key
import dev.reprise.workflow.model.Link
import dev.reprise.workflow.model.Output
import dev.reprise.workflow.model.RevertScope
import dev.reprise.workflow.model.SourceResults
import dev.reprise.workflow.model.Task
import dev.reprise.workflow.model.TaskAtom
import dev.reprise.workflow.model.TaskOutcome
import dev.reprise.workflow.model.TaskScope
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowNode
import dev.reprise.workflow.model.key

internal fun untyped(name: String): Key<Any?> = key<Any?>(name)

/** Builds the flow of a case from the engine's own parts. */
internal class RecordedFlow(
    private val world: World,
) {
    fun node(spec: Spec): WorkflowNode = if ("task" in spec) task(spec) else workflow(spec)

    private fun workflow(spec: Spec): Workflow {
        val name = spec.text("flow")
        val shape = FlowKind.valueOf((spec["kind"] as String? ?: "linear").uppercase())
        val controller =
            spec["retry"]?.spec()?.let {
                ControllerAtom(it["name"] as String? ?: "${name}_retry", RecordedController(it, name, world))
            }
        val children = spec["children"].specs().map(::node)
        if (shape != FlowKind.GRAPH) return Workflow(name, shape, controller, children, emptyList())
        val byName = children.associateBy { it.name }
        val links = spec["links"].specs().map { link(it, byName) }
        val graph = GraphLinks(name, controller, children, links, spec["infer"] != false)
        return Workflow(name, shape, controller, graph.ordered(), graph.links)
    }

    private fun link(
        spec: Spec,
        children: Map<String, WorkflowNode>,
    ) = Link(
        children.getValue(spec.text("from")),
        children.getValue(spec.text("to")),
        spec["decider"]?.let(::decider),
        DeciderDepth.valueOf(spec["depth"] as String? ?: "ALL"),
    )

    private fun decider(spec: Any): (SourceResults) -> Boolean =
        if (spec is Boolean) ({ spec }) else ({ it.results[spec.spec()["result_of"]] == spec.spec()["equals"] })

    private fun task(spec: Spec): TaskAtom {
        val name = spec.text("task")
        val arguments =
            spec["requires"].names().map { Argument(untyped(it)) } +
                spec["rebind"].spec().map { Argument(untyped(it.key), untyped(it.value as String)) } +
                spec["optional"].spec().map { Argument(untyped(it.key), optional = true, fallback = it.value) }
        val functions = RecordedTask(spec, name, world)
        return TaskAtom(
            name = name,
            version = Task.DEFAULT_VERSION,
            priority = spec.int("priority") ?: 0,
            arguments = arguments,
            revertArguments = spec["revert_requires"]?.names()?.map { Argument(untyped(it)) } ?: arguments,
            injected = spec["inject"].spec(),
            outputs = outputs(spec["provides"]),
            timeout = null,
            execute = functions::execute,
            revert = functions::revert,
        )
    }
}

internal fun outputs(provides: Any?): List<Output> =
    when (provides) {
        null -> emptyList()
        is String -> listOf(Output(untyped(provides)))
        is List<*> -> provides.names().mapIndexed { index, it -> Output(untyped(it)) { result -> (result as List<*>)[index] } }
        else -> provides.spec()["keys"].names().map { Output(untyped(it)) { result -> result.spec().getValue(it) } }
    }

private class RecordedTask(
    private val spec: Spec,
    private val name: String,
    private val world: World,
) {
    suspend fun execute(scope: TaskScope): Any? {
        val args = scope.inputs
        when (spec["type"]) {
            "map" -> return args.values.map { mapped(it as Long) }
            "reduce" -> return args.values.map { it as Long }.reduce(::reduced)
        }
        val n = world.count("$name.execute")
        spec["waits_for"]?.spec()?.let { world.awaitOnce(it.text("atom"), it["states"].names()) }
        world.log("$name.execute", args)
        if (fails(spec["fails"], n, args)) throw Recorded(spec["error"] as String?, message("$name failed #$n"))
        return evaluate(spec["returns"], args, "$name#$n")
    }

    suspend fun revert(
        scope: RevertScope,
        outcome: TaskOutcome<Any?>,
    ): Any? {
        if (spec["type"] == "map" || spec["type"] == "reduce") return null
        val n = world.count("$name.revert")
        val result = outcome.recorded()
        world.log("$name.revert", scope.inputs, *listOfNotNull(result?.let { "result" to it }).toTypedArray())
        if (fails(spec["revert_fails"], n, scope.inputs)) throw Recorded(spec["error"] as String?, message("$name revert failed #$n"))
        return evaluate(spec["revert_returns"], scope.inputs, "$name#$n", result)
    }

    private fun message(text: String) = spec["error"]?.let { "$it: $text" } ?: text

    private fun mapped(value: Long): Long =
        when (spec["op"]) {
            "double" -> value * 2
            "negate" -> -value
            else -> if (value == 0L) throw Recorded(null, "$name failed #1") else value
        }

    private fun reduced(
        a: Long,
        b: Long,
    ): Long =
        when (spec["op"]) {
            "add" -> a + b
            "sub" -> a - b
            else -> maxOf(a, b)
        }
}
