package dev.reprise.internal.queue

import dev.reprise.internal.queue.events.CallMdc
import kotlinx.coroutines.ThreadContextElement
import kotlinx.coroutines.currentCoroutineContext
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext

/** The call whose handler is running, for the calls that it makes; it is also set on the thread, for blocking ones. */
internal class CurrentCall(
    val cid: String,
    val handler: String,
    attempt: Int,
) : ThreadContextElement<CurrentCall?> {
    override val key: CoroutineContext.Key<*> get() = CurrentCall

    private val mdc = CallMdc.orNull(cid, handler, attempt)

    /** For the coroutine of the handler: this, and the call in the logging context. */
    val context: CoroutineContext get() = if (mdc == null) this else this + mdc

    /** Runs [body] as part of this call, on this thread. */
    fun <T> run(body: () -> T): T {
        val outer = updateThreadContext(EmptyCoroutineContext)
        val outerMdc = mdc?.updateThreadContext(EmptyCoroutineContext)
        try {
            return body()
        } finally {
            if (outerMdc != null) mdc?.restoreThreadContext(EmptyCoroutineContext, outerMdc)
            restoreThreadContext(EmptyCoroutineContext, outer)
        }
    }

    override fun updateThreadContext(context: CoroutineContext): CurrentCall? = onThread.get().also { onThread.set(this) }

    override fun restoreThreadContext(
        context: CoroutineContext,
        oldState: CurrentCall?,
    ): Unit = if (oldState == null) onThread.remove() else onThread.set(oldState)

    companion object Key : CoroutineContext.Key<CurrentCall> {
        private val onThread = ThreadLocal<CurrentCall?>()

        fun ofThread(): CurrentCall? = onThread.get()

        /** The call of this coroutine; otherwise that of the thread, for a coroutine that a handler starts without its context. */
        suspend fun current(): CurrentCall? = currentCoroutineContext()[CurrentCall] ?: ofThread()
    }
}
