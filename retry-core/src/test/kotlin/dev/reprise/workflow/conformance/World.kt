package dev.reprise.workflow.conformance

import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.TaskOutcome
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first

/** A failure that a recording defines. [kind] is the `error` of the task. */
internal class Recorded(
    val kind: String?,
    message: String,
) : RuntimeException(message)

internal class Killed : Error("the process is dead")

/** What the functions of the atoms share over all runs of a case: how often each was called, the log of the calls, and whether the process still lives. */
internal class World {
    private val counts = HashMap<String, Int>()
    private val reached = MutableStateFlow(emptySet<Pair<String, String>>())
    val calls = ArrayList<Spec>()
    var isDead = false

    fun count(function: String): Int {
        if (isDead) throw Killed()
        return counts.merge(function, 1, Int::plus)!!
    }

    fun log(
        call: String,
        args: Spec,
        vararg more: Pair<String, Any?>,
    ) {
        calls += linkedMapOf<String, Any?>("call" to call).also { if (args.isNotEmpty()) it["args"] = args }.also { it.putAll(more) }
    }

    fun entered(
        atom: String,
        state: String,
    ) {
        reached.value += atom to state
    }

    suspend fun awaitOnce(
        atom: String,
        states: List<String>,
    ) {
        reached.first { seen -> states.any { atom to it in seen } }
    }
}

internal fun Throwable.kind(): String? = (this as? Recorded)?.kind

/** One entry per attempt: what was provided, and the messages of the failures. */
internal fun ControllerHistory.recorded(): List<Any?> =
    attempts.map {
        listOf(
            it.value,
            it.failures.mapValues { failure ->
                failure.value.message
            },
        )
    }

internal fun TaskOutcome<Any?>.recorded(): Any? =
    when (this) {
        is TaskOutcome.Returned -> value
        is TaskOutcome.Threw -> mapOf("\$failure" to failure.message)
        TaskOutcome.Unknown -> null
    }

/** Whether the [n]-th call with [args] fails. */
internal fun fails(
    condition: Any?,
    n: Int,
    args: Spec,
): Boolean {
    if (condition == null) return false
    if (condition == "always") return true
    val it = condition.spec()
    return when {
        "calls" in it -> n.toLong() in (it["calls"] as List<*>)
        "differ" in it -> it["differ"].names().let { (a, b) -> args[a] != args[b] }
        "equals" in it -> args[it["arg"]] == it["equals"]
        "not_equals" in it -> args[it["arg"]] != it["not_equals"]
        else -> args[it["arg"]] in (it["in"] as List<*>)
    }
}

/** What a function returns. [call] is the text for `$call`. */
internal fun evaluate(
    expression: Any?,
    args: Spec,
    call: String,
    result: Any? = null,
): Any? =
    when (expression) {
        is List<*> -> expression.map { evaluate(it, args, call, result) }
        is Map<*, *> -> evaluate(expression.spec(), args, call, result)
        else -> expression
    }

private fun evaluate(
    expression: Spec,
    args: Spec,
    call: String,
    result: Any?,
): Any? =
    when {
        "\$call" in expression -> call
        "\$arg" in expression -> args[expression["\$arg"]]
        "\$sum" in expression -> (expression["\$sum"] as List<*>).sumOf { (if (it is String) args[it] else it) as Long }
        "\$result_plus" in expression -> result as Long + expression["\$result_plus"] as Long
        else -> expression.mapValues { evaluate(it.value, args, call, result) }
    }
