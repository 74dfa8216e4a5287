package dev.reprise.internal.queue.events

import kotlinx.coroutines.ThreadContextElement
import org.slf4j.MDC
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

/** Puts a call into SLF4J's MDC while its handler runs, on whatever thread: `reprise.cid`, `reprise.handler` and `reprise.attempt`. */
internal class CallMdc private constructor(
    private val values: Array<String>,
) : AbstractCoroutineContextElement(Key),
    ThreadContextElement<Array<String?>> {
    override fun updateThreadContext(context: CoroutineContext): Array<String?> {
        val outer = arrayOfNulls<String>(KEYS.size)
        for (i in KEYS.indices) {
            outer[i] = MDC.get(KEYS[i])
            MDC.put(KEYS[i], values[i])
        }
        return outer
    }

    override fun restoreThreadContext(
        context: CoroutineContext,
        oldState: Array<String?>,
    ) {
        for (i in KEYS.indices) oldState[i]?.let { MDC.put(KEYS[i], it) } ?: MDC.remove(KEYS[i])
    }

    companion object Key : CoroutineContext.Key<CallMdc> {
        private val KEYS = arrayOf("reprise.cid", "reprise.handler", "reprise.attempt")

        private val isPresent: Boolean by lazy {
            try {
                Class.forName("org.slf4j.MDC", true, CallMdc::class.java.classLoader)
                true
            } catch (_: ClassNotFoundException) {
                false
            } catch (_: LinkageError) {
                false
            }
        }

        /** Null without `org.slf4j:slf4j-api`. */
        fun orNull(
            cid: String,
            handler: String,
            attempt: Int,
        ): CallMdc? = if (isPresent) CallMdc(arrayOf(cid, handler, attempt.toString())) else null
    }
}
