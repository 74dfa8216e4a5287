package dev.reprise.workflow.model

import dev.reprise.internal.workflow.engine.RunState
import dev.reprise.internal.workflow.engine.ValueLookup

/** The values of a run at the moment of asking. */
public class WorkflowValues internal constructor(
    private val run: RunState,
) {
    private val values = ValueLookup(run)

    /**
     * The value of [input]: the run's own input of that name, otherwise what the last atom that provides it gives.
     *
     * @throws NoSuchElementException if nobody gives it at the moment: its atom has not run, has failed or was undone.
     */
    public operator fun <T> get(input: Input<T>): T {
        val all = all(input)
        if (all.isEmpty()) throw NoSuchElementException("there is no value of ${input.key} at the moment")
        return if (run.inputs.containsKey(input.key.name)) all.first() else all.last()
    }

    /** Like [get], null if nobody gives it. */
    public fun <T> getOrNull(input: Input<T>): T? = if (all(input).isEmpty()) null else get(input)

    /** All values of [input], that of the run's own inputs first, then those of the atoms in their order. */
    @Suppress("UNCHECKED_CAST")
    public fun <T> all(input: Input<T>): List<T> {
        val name = input.key.name
        val own = if (run.inputs.containsKey(name)) listOf(run.inputs[name]) else emptyList()
        val provided =
            run.plan.providers
                .all(name)
                .map { values.provided(it, name) }
                .filter { it !== ValueLookup.Absent }
        return (own + provided) as List<T>
    }
}
