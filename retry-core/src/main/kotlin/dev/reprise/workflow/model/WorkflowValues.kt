package dev.reprise.workflow.model

/** The values of a run at the moment of asking. */
public class WorkflowValues internal constructor(
    private val inputs: Map<String, Any?>,
    private val provided: (String) -> List<Any?>,
) {
    /**
     * The value of [input]: the run's own input of that name, otherwise what the last atom that provides it gives.
     *
     * @throws NoSuchElementException if nobody gives it at the moment: its atom has not run, has failed or was undone.
     */
    public operator fun <T> get(input: Input<T>): T {
        val all = all(input)
        if (all.isEmpty()) throw NoSuchElementException("there is no value of ${input.key} at the moment")
        return if (inputs.containsKey(input.key.name)) all.first() else all.last()
    }

    /** Like [get], null if nobody gives it. */
    public fun <T> getOrNull(input: Input<T>): T? = if (all(input).isEmpty()) null else get(input)

    /** All values of [input], that of the run's own inputs first, then those of the atoms in their order. */
    @Suppress("UNCHECKED_CAST")
    public fun <T> all(input: Input<T>): List<T> {
        val name = input.key.name
        val own = if (inputs.containsKey(name)) listOf(inputs[name]) else emptyList()
        return (own + provided(name)) as List<T>
    }
}
