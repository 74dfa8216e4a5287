package dev.reprise.workflow

/** Refuses, before anything runs, what could only fail later. */
internal class PlanCheck(
    private val plan: Plan,
) {
    fun run() {
        plan.atoms.forEachIndexed { index, atom ->
            if (atom is ControllerAtom && atom.controller.isFutile) {
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

    /** Checks what is known only when a run begins: everything that is required is provided or among [inputs], with the right type. */
    fun checkInputs(inputs: Map<String, Any?>) {
        val missing = ArrayList<String>()
        plan.atoms.forEachIndexed { index, atom ->
            atom.needed.forEach { argument ->
                val name = argument.from.name
                when {
                    name !in inputs -> if (!isProvided(index, name)) missing += "\"$name\" for ${atom.name}"
                    !argument.from.accepts(inputs[name]) -> throw wrongType(index, argument.from, "the input is ${describe(inputs[name])}")
                }
            }
        }
        if (missing.isNotEmpty()) {
            throw InvalidWorkflowException(WorkflowProblem.MISSING_INPUT, "nobody provides ${missing.joinToString(", ")} in ${plan.name}")
        }
    }

    private fun isProvided(
        atom: Int,
        name: String,
    ): Boolean {
        plan.providers.find(atom, name, skipped = { false }) { return true }
        return false
    }

    private fun describe(value: Any?): String = if (value == null) "null" else value.javaClass.simpleName

    private fun wrongType(
        atom: Int,
        key: Key<*>,
        but: String,
    ) = InvalidWorkflowException(WorkflowProblem.WRONG_TYPE, "${plan.atoms[atom].name} requires \"$key\" as ${key.typeName}, but $but")
}
