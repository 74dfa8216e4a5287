package dev.reprise

import dev.reprise.internal.engine.ContextSnapshot
import dev.reprise.run.ContextCarrier
import kotlin.coroutines.CoroutineContext

/**
 * Returns the context of the calling thread (logging context, trace, tenant) as an element for coroutines: on whatever thread the coroutine
 * runs, in every attempt, the thread has it. The context is captured by the installed [carriers][dev.reprise.run.ContextCarrier] and by
 * `io.micrometer:context-propagation` if that is there; if there is nothing to carry, the element is empty.
 *
 * Futures carry the context of their caller by themselves, blocking runs have that of their thread.
 */
public fun contextElement(): CoroutineContext = ContextSnapshot.capture().asElement()

/**
 * The context of durable calls: what [chosen] carriers write and read, or those of the process if it is null, and those among the [listeners]
 * of the queue.
 */
internal class CarriedContext(
    chosen: List<ContextCarrier>?,
    listeners: List<Any>,
) {
    private val carriers by lazy { ((chosen ?: ContextSnapshot.durable) + listeners.filterIsInstance<ContextCarrier>()).distinct() }

    /** The context of the calling thread, as headers of a call to [handler]. */
    fun headers(handler: String): Map<String, String> = ContextSnapshot.headers(carriers, handler)

    /** The context in the [headers] of the call [cid], for an attempt at it, as an element for coroutines. */
    fun element(
        headers: Map<String, String>,
        cid: String,
        handler: String,
        attempt: Int,
    ): CoroutineContext = ContextSnapshot.read(carriers) { it.read(headers, cid, handler, attempt) }.asElement()
}
