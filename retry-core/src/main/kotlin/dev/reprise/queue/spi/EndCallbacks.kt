package dev.reprise.queue.spi

import dev.reprise.queue.model.AttemptError

/** Creates the callbacks of calls that end. A store can call it several times within one operation. */
public fun interface EndCallbacks {
    /** Returns the callbacks of [call], which has ended; [errors] are its failures. */
    public fun of(
        call: StoredCall,
        errors: List<AttemptError>,
    ): List<NewCall>
}
