package dev.reprise.queue.spi

import dev.reprise.queue.model.AttemptError

/** What follows the end of a call. A store can ask several times within one operation. */
public fun interface EndRules {
    /** Returns the callbacks of [call], which has ended; [errors] are its failures. */
    public fun callbacks(
        call: StoredCall,
        errors: List<AttemptError>,
    ): List<NewCall>

    /**
     * Returns how long [call] is kept after its end, in milliseconds. Null, the default, if its handler is not known here: then it is kept as
     * long as the live workers announce for the handler, or three days if there is no such worker.
     */
    public fun retainMillis(call: StoredCall): Long? = null

    public companion object {
        /** Three days. */
        public const val DEFAULT_RETAIN_MILLIS: Long = 3 * 24 * 3_600_000L
    }
}
