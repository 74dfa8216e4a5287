package dev.reprise.workflow.model

/**
 * Turns values that are to be stored (results of tasks, values of controllers, inputs) into text and back.
 *
 * A codec of one's own does the types it knows and leaves the rest to [Simple]. What it decodes has to equal what was encoded.
 */
public interface ValueCodec {
    /** The text of [value]. What it throws says that the value cannot be stored. */
    public fun encode(value: Any?): String

    /** The value of [text]. What it throws says that the value cannot be read any more. */
    public fun decode(text: String): Any?

    public companion object {
        /**
         * Knows null, `Unit`, texts, characters, truth values, numbers (also `BigInteger` and `BigDecimal`), byte arrays, `UUID`s,
         * durations and instants of Kotlin and Java, dates and times of day, and lists, sets, maps and pairs of all these. Writes JSON; what
         * JSON does not tell apart stands there with its type: `{"$long":"7"}`. Everything else is refused.
         */
        @JvmField
        public val Simple: ValueCodec = JsonValues
    }
}
