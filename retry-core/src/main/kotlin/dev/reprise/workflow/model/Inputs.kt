package dev.reprise.workflow.model

/** The values that a run begins with. They win over whatever the atoms provide under the same names. */
public class Inputs internal constructor(
    internal val byName: Map<String, Any?>,
) {
    /** These and one more. */
    public fun <T> with(
        key: Key<T>,
        value: T,
    ): Inputs = Inputs(byName + (key.name to value))

    public companion object {
        /** No values. */
        @JvmField
        public val none: Inputs = Inputs(emptyMap())

        /** One value; more with [with]. */
        @JvmStatic
        public fun <T> of(
            key: Key<T>,
            value: T,
        ): Inputs = none.with(key, value)
    }
}
