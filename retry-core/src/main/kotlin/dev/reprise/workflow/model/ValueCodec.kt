package dev.reprise.workflow.model

/**
 * Converts values that are stored (results of tasks, values of controllers, inputs) to text and back.
 *
 * A custom codec handles the types it knows and leaves the rest to [Json]. What it decodes has to equal what was encoded.
 */
public interface ValueCodec {
    /** Returns the text of [value]. Throws if the value cannot be stored. */
    public fun encode(value: Any?): String

    /** Returns the value of [text]. Throws if the value cannot be read. */
    public fun decode(text: String): Any?

    public companion object {
        /**
         * Supports null, `Unit`, strings, characters, booleans, numbers (also `BigInteger` and `BigDecimal`), byte arrays, `UUID`s,
         * durations and instants of Kotlin and Java, dates and times of day, and lists, sets, maps and pairs of all these, nested at most 200 levels
         * deep. Writes JSON; what JSON does not distinguish is written with its type: `{"$long":"7"}`. Everything else is rejected.
         */
        @JvmField
        public val Json: ValueCodec = JsonValues
    }
}
