package dev.reprise.workflow.model

/** The values that a run starts with. They take precedence over what tasks provide under the same names. */
public class Inputs internal constructor(
    internal val byName: Map<String, Any?>,
) {
    /** These and one more. */
    public fun <T> with(
        key: Key<T>,
        value: T,
    ): Inputs = Inputs(byName + (key.name to value))

    /** The names and values. */
    override fun toString(): String = byName.toString()

    public companion object {
        /** No values. */
        @JvmField
        public val NONE: Inputs = Inputs(emptyMap())

        /** One value; more with [with]. */
        @JvmStatic
        public fun <T> of(
            key: Key<T>,
            value: T,
        ): Inputs = NONE.with(key, value)
    }
}
