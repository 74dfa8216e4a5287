package dev.reprise.workflow.model

import dev.reprise.internal.util.describe

/** The current values of a run: each call reads them again. */
public class WorkflowValues internal constructor(
    private val inputs: Map<String, Any?>,
    private val names: () -> List<String>,
    private val provided: (String) -> List<Any?>,
) {
    /**
     * The value of [input]: the run's own input of that name, otherwise that of the last task that provides it.
     *
     * @throws NoSuchElementException if there is none: its task has not run, has failed or was reverted.
     */
    public operator fun <T> get(input: Input<T>): T {
        val all = all(input)
        if (all.isEmpty()) {
            throw NoSuchElementException(
                "there is no value of ${input.key}: its task has not run, has failed or was reverted",
            )
        }
        return if (inputs.containsKey(input.key.name)) all.first() else all.last()
    }

    /** Like [get], null if there is none. */
    public fun <T> getOrNull(input: Input<T>): T? = if (all(input).isEmpty()) null else get(input)

    /** All values of [input], that of the run's own inputs first, then those of the tasks in their order. */
    @Suppress("UNCHECKED_CAST")
    public fun <T> all(input: Input<T>): List<T> {
        val name = input.key.name
        val own = if (inputs.containsKey(name)) listOf(inputs[name]) else emptyList()
        return (own + provided(name)) as List<T>
    }

    /** The values by name, as [get] returns them. */
    override fun toString(): String =
        (inputs.keys + names())
            .associateWith(::current)
            .filterValues { it.isNotEmpty() }
            .mapValues { it.value.last().describe() }
            .toString()

    private fun current(name: String): List<Any?> = if (name in inputs) listOf(inputs[name]) else provided(name)
}
