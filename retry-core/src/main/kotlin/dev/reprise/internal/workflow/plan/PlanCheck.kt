package dev.reprise.internal.workflow.plan

import dev.reprise.workflow.model.Argument
import dev.reprise.workflow.model.ControllerAtom
import dev.reprise.workflow.model.InvalidWorkflowException
import dev.reprise.workflow.model.Key
import dev.reprise.workflow.model.WorkflowProblem
import dev.reprise.workflow.model.key

/** Rejects, before anything runs, what could only fail later. */
internal class PlanCheck(
    private val plan: Plan,
) {
    fun run() {
        plan.atoms.forEachIndexed { index, atom ->
            if (atom is ControllerAtom && atom.controller.hasNothingToTry) {
                throw InvalidWorkflowException(WorkflowProblem.NOTHING_TO_TRY, "the controller ${atom.name} has no values to try")
            }
            atom.needed.forEach { checkType(index, it) }
        }
    }

    private fun checkType(
        atom: Int,
        argument: Argument,
    ) = plan.providers.find(atom, argument.from.name, skipped = { false }) { provider ->
        val key =
            plan.atoms[provider]
                .outputs
                .first { it.key.name == argument.from.name }
                .key
        if (!argument.from.accepts(key)) {
            throw wrongType(atom, argument.from, "${plan.atoms[provider].name} provides it as ${key.typeName}")
        }
        true
    }

    /** Checks what is known only when a run starts: everything that is required is provided or among [inputs], with the right type. */
    fun checkInputs(inputs: Map<String, Any?>) {
        val missing = ArrayList<String>()
        for (need in plan.needs) {
            val key = need.argument.from
            when {
                key.name !in inputs -> if (!need.isProvided) missing += "\"${key.name}\" for ${plan.atoms[need.atom].name}"
                !key.accepts(inputs[key.name]) -> throw wrongType(need.atom, key, "the input is ${describe(inputs[key.name])}")
            }
        }
        if (missing.isNotEmpty()) {
            throw InvalidWorkflowException(WorkflowProblem.MISSING_INPUT, "no task provides ${missing.joinToString(", ")} in ${plan.name}")
        }
    }

    private fun describe(value: Any?): String = if (value == null) "null" else value.javaClass.simpleName

    private fun wrongType(
        atom: Int,
        key: Key<*>,
        but: String,
    ) = InvalidWorkflowException(WorkflowProblem.WRONG_TYPE, "${plan.atoms[atom].name} requires \"$key\" as ${key.typeName}, but $but")
}
