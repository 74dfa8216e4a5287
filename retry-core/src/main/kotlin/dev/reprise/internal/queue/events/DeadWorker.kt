package dev.reprise.internal.queue.events

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.spi.StoredCall
import java.time.Instant

/** What is recorded of a call whose worker died. */
internal object DeadWorker {
    private const val TYPE = "dev.reprise.queue.WorkerDied"
    private val NAMED = Regex("the worker '(.*)' died.*")

    /** The error of [call], which the worker [name] had claimed; null: its name is not known any more. */
    fun errorOf(
        call: StoredCall,
        name: String?,
    ): AttemptError {
        val who = if (name == null) "the worker" else "the worker '$name'"
        val text = "$who died, or lost its connection, while it had claimed the call"
        return AttemptError(call.counters.attempts, Instant.EPOCH, TYPE, text, call.claim?.owner)
    }

    /** The name of the worker that died; null if [error] is another one, or has no name. */
    fun nameIn(error: AttemptError): String? = error.takeIf { it.type == TYPE }?.let { NAMED.matchEntire(it.message)?.groupValues?.get(1) }
}
