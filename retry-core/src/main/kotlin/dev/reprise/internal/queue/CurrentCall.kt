package dev.reprise.internal.queue

import kotlinx.coroutines.ThreadContextElement
import kotlin.coroutines.CoroutineContext

/** The call whose handler is running, for the calls that are made inside; on the thread as well, for those that block it. */
internal class CurrentCall(
    val cid: String,
    val handler: String,
) : ThreadContextElement<CurrentCall?> {
    override val key: CoroutineContext.Key<*> get() = CurrentCall

    override fun updateThreadContext(context: CoroutineContext): CurrentCall? = onThread.get().also { onThread.set(this) }

    override fun restoreThreadContext(
        context: CoroutineContext,
        oldState: CurrentCall?,
    ): Unit = if (oldState == null) onThread.remove() else onThread.set(oldState)

    companion object Key : CoroutineContext.Key<CurrentCall> {
        private val onThread = ThreadLocal<CurrentCall?>()

        fun ofThread(): CurrentCall? = onThread.get()
    }
}
