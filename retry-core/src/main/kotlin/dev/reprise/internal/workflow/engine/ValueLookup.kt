package dev.reprise.internal.workflow.engine

import dev.reprise.workflow.model.Argument
import dev.reprise.workflow.model.MissingValueException
import dev.reprise.workflow.model.TaskState

/** Finds the values of a run: first what is injected into an atom, then the inputs of the run, then the nearest provider. */
internal class ValueLookup(
    private val run: RunState,
) {
    private val plan get() = run.plan

    /** @throws MissingValueException if a value that is not optional is missing. */
    fun arguments(
        atom: Int,
        arguments: List<Argument>,
    ): Map<String, Any?> {
        if (arguments.isEmpty()) return emptyMap()
        return arguments.associateByTo(LinkedHashMap(), { it.key.name }) { argument(atom, it) }
    }

    private fun argument(
        atom: Int,
        argument: Argument,
    ): Any? {
        val found = find(atom, argument.from.name)
        if (found === Absent) {
            if (argument.optional) return argument.fallback
            throw missing(atom, argument)
        }
        if (!argument.from.accepts(found)) throw wrongType(atom, argument, found)
        return found
    }

    private fun find(
        atom: Int,
        name: String,
    ): Any? {
        val injected = plan.atoms[atom].injected
        if (injected.containsKey(name)) return injected[name]
        if (run.inputs.containsKey(name)) return run.inputs[name]
        plan.providers.find(atom, name, skipped = { run.record(it).state == TaskState.IGNORE }) { provider ->
            val value = provided(provider, name)
            if (value !== Absent) return value
            false
        }
        return Absent
    }

    /** The names of all values that can be provided. */
    fun providedNames(): List<String> = plan.atoms.flatMap { it.provides }

    /** All values that atoms currently provide as [name], in their order. */
    fun allProvided(name: String): List<Any?> =
        plan.providers
            .all(name)
            .map { provided(it, name) }
            .filter { it !== Absent }

    /** The value that [provider] currently provides as [name], or [Absent]. */
    private fun provided(
        provider: Int,
        name: String,
    ): Any? {
        val record = run.record(provider)
        val history = record.history
        val result =
            when {
                record.state != TaskState.SUCCESS && record.state != TaskState.REVERTING -> return Absent
                history == null -> record.result
                history.attempts.isEmpty() -> return Absent
                else -> history.attempts.last().value
            }
        return runCatching { plan.atoms[provider].output(name, result) }.getOrDefault(Absent)
    }

    private fun missing(
        atom: Int,
        argument: Argument,
    ): MissingValueException {
        val name = argument.from.name
        val providers = plan.providers.all(name).joinToString { "${plan.atoms[it].name} (${run.record(it).state})" }
        val who = plan.atoms[atom].name
        return MissingValueException(
            who,
            name,
            "$who requires \"$name\", which is missing; it should come from: ${providers.ifEmpty { "nobody" }}",
        )
    }

    private fun wrongType(
        atom: Int,
        argument: Argument,
        found: Any?,
    ): MissingValueException {
        val who = plan.atoms[atom].name
        val type = found?.javaClass?.simpleName ?: "null"
        return MissingValueException(
            who,
            argument.from.name,
            "$who requires \"${argument.from}\" as ${argument.from.typeName}, but it is $type",
        )
    }

    /** Represents a missing value; null is a value. */
    object Absent
}
