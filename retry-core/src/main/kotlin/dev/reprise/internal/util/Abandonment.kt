package dev.reprise.internal.util

import kotlinx.coroutines.DisposableHandle
import kotlinx.coroutines.Job
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

/** In the context of work that waits for no more results from some moment on. Work that blocks threads for it is aborted then. */
internal class Abandonment : AbstractCoroutineContextElement(Abandonment) {
    private val moment = Job()

    /** Nothing of this work is awaited any longer. */
    fun abandon() {
        moment.complete()
    }

    /** Calls [abort], which must not block, at that moment, unless the result is disposed before. */
    fun onAbandoned(abort: () -> Unit): DisposableHandle = moment.invokeOnCompletion { abort() }

    companion object Key : CoroutineContext.Key<Abandonment>
}
