package dev.reprise

import dev.reprise.internal.engine.ContextSnapshot
import kotlin.coroutines.CoroutineContext

/**
 * Returns the context of the calling thread (logging context, trace, tenant) as an element for coroutines: on whatever thread the coroutine
 * runs, in every attempt, the thread has it. The context is captured by the installed [carriers][dev.reprise.run.ContextCarrier] and by
 * `io.micrometer:context-propagation` if that is there; if there is nothing to carry, the element is empty.
 *
 * Futures carry the context of their caller by themselves, blocking runs have that of their thread.
 */
public fun contextElement(): CoroutineContext = ContextSnapshot.capture().asElement()

/** The context of the calling thread, as far as its carriers write it into the headers of a durable call. */
internal fun contextHeaders(): Map<String, String> = ContextSnapshot.headers()

/** The context that carriers have written into [headers], as an element for coroutines. */
internal fun contextElement(headers: Map<String, String>): CoroutineContext = ContextSnapshot.read(headers).asElement()
