package dev.reprise.workflow.conformance

import dev.reprise.workflow.model.ControllerDecision
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.ForEachController
import dev.reprise.workflow.model.RetryController
import dev.reprise.workflow.model.alwaysRevert
import dev.reprise.workflow.model.alwaysRevertAll
import dev.reprise.workflow.model.parameterizedForEach
import dev.reprise.workflow.model.times

/** A controller of a case: the real one, or a custom one with the rules of the case, with its calls recorded. */
internal class RecordedController(
    private val spec: Spec,
    flow: String,
    private val world: World,
) : RetryController<Any?>(requires = inputs(spec).map(::untyped)) {
    private val atom = spec["name"] as String? ?: "${flow}_retry"
    private val real: RetryController<*>? = real()
    override val outputs = outputs(spec["provides"])

    override suspend fun execute(history: ControllerHistory): Any? {
        val n = world.count("$atom.execute")
        world.log("$atom.execute", args(history), *details(history))
        if (fails(spec["fails"], n, args(history))) throw Recorded(null, "$atom failed #$n")
        if (real == null) return evaluate(spec["returns"], args(history), "$atom#$n")
        return try {
            real.execute(history).let { if (it == Unit) null else (it as? Int)?.toLong() ?: it }
        } catch (e: NoSuchElementException) {
            throw Recorded(null, "$atom: ${e.message}")
        }
    }

    override fun onFailure(history: ControllerHistory): ControllerDecision {
        val n = world.count("$atom.on_failure")
        world.log("$atom.on_failure", args(history), *details(history))
        if (fails(spec["on_failure_fails"], n, args(history))) throw Recorded(null, "$atom on_failure failed #$n")
        return real?.onFailure(history) ?: byRules(history)
    }

    override suspend fun revert(history: ControllerHistory): Any? {
        val n = world.count("$atom.revert")
        world.log("$atom.revert", args(history), *details(history))
        if (fails(spec["revert_fails"], n, args(history))) throw Recorded(null, "$atom revert failed #$n")
        return evaluate(spec["revert_returns"], args(history), "$atom#$n")
    }

    private fun details(history: ControllerHistory): Array<Pair<String, Any?>> =
        listOfNotNull("history" to history.recorded(), history.ownFailure?.let { "own_failure" to it.message }).toTypedArray()

    private fun args(history: ControllerHistory): Spec = requires.associate { argument(it.key.name) to history[it] }

    /** The list of a ParameterizedForEach can have any name; the controller always calls it `values`. */
    private fun argument(name: String) = if (name == spec["values_from"]) "values" else name

    private fun byRules(history: ControllerHistory): ControllerDecision {
        val rule = spec["rules"].specs().firstOrNull { applies(it, history) } ?: return ControllerDecision.Revert
        return when (rule["then"]) {
            "RETRY" -> ControllerDecision.Retry()
            "REVERT_ALL" -> ControllerDecision.RevertAll
            else -> ControllerDecision.Revert
        }
    }

    private fun applies(
        rule: Spec,
        history: ControllerHistory,
    ): Boolean {
        if (rule.int("attempts_below")?.let { history.size >= it } == true) return false
        if (rule["failed"]?.let { it !in history.failures } == true) return false
        return rule["error"]?.let { kind -> history.failures.values.any { it.kind() == kind } } != false
    }

    private fun real(): RetryController<*>? {
        val all = spec["revert_all"] == true
        return when (spec["type"]) {
            "Times" -> times(spec.int("attempts") ?: 1, revertAll = all)
            "ForEach" -> ForEachController<Any?>(null, null, emptyList(), all) { spec["values"] as List<*> }
            "ParameterizedForEach" -> parameterizedForEach(key(spec.text("values_from")), revertAll = all)
            "AlwaysRevert" -> alwaysRevert()
            "AlwaysRevertAll" -> alwaysRevertAll()
            else -> null
        }
    }

    private fun key(name: String) =
        dev.reprise.workflow.model
            .key<List<Any?>>(name)

    private companion object {
        fun inputs(spec: Spec) = listOfNotNull(spec["values_from"] as String?) + spec["requires"].names()
    }
}
