package dev.reprise.internal.engine

import dev.reprise.internal.util.closeQuietly
import dev.reprise.internal.util.providers
import dev.reprise.internal.util.runLogged
import dev.reprise.run.ContextCarrier
import kotlinx.coroutines.ThreadContextElement
import java.util.ServiceLoader
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext

/** The context of the thread that started a run, as the installed [ContextCarrier]s captured it. */
internal class ContextSnapshot private constructor(
    private val parts: List<ContextCarrier.Snapshot>,
) {
    /** Runs [code] in this context. What a carrier throws is logged; [code] runs without its part then. */
    inline fun around(code: () -> Unit) {
        if (parts.isEmpty()) return code()
        val installed = install()
        try {
            code()
        } finally {
            installed.asReversed().forEach { closeQuietly(it) }
        }
    }

    fun asElement(): CoroutineContext = if (parts.isEmpty()) EmptyCoroutineContext else Element()

    /** Installs the context wherever the coroutine continues. */
    private inner class Element :
        AbstractCoroutineContextElement(Key),
        ThreadContextElement<List<AutoCloseable>> {
        override fun updateThreadContext(context: CoroutineContext): List<AutoCloseable> = install()

        override fun restoreThreadContext(
            context: CoroutineContext,
            oldState: List<AutoCloseable>,
        ) = oldState.asReversed().forEach { closeQuietly(it) }
    }

    private object Key : CoroutineContext.Key<CoroutineContext.Element>

    private fun install(): List<AutoCloseable> {
        val installed = ArrayList<AutoCloseable>(parts.size)
        parts.forEach { part -> runLogged({ "installing the context of a ${part.javaClass.name}" }) { installed += part.install() } }
        return installed
    }

    companion object {
        private val NONE = ContextSnapshot(emptyList())

        private val found: List<ContextCarrier> by lazy { listOfNotNull(micrometer()) + durable }

        /** Those that can write what they carry. */
        val durable: List<ContextCarrier> by lazy {
            val type = ContextCarrier::class.java
            providers(ServiceLoader.load(type, type.classLoader), "context carrier")
        }

        private fun micrometer(): ContextCarrier? {
            var carrier: ContextCarrier? = null
            runLogged({ "connecting to Micrometer's context propagation" }) { carrier = MicrometerCarrier.orNull() }
            return carrier
        }

        /** Captures the context of the calling thread by [carriers]; null: by those that were found in the process. */
        fun capture(carriers: List<ContextCarrier>? = null): ContextSnapshot = of(carriers ?: found, "capturing") { it.capture() }

        /** The context that [carriers] [read] from the headers of a durable call. */
        fun read(
            carriers: List<ContextCarrier>,
            read: (ContextCarrier) -> ContextCarrier.Snapshot?,
        ): ContextSnapshot = of(carriers, "reading", read)

        private inline fun of(
            carriers: List<ContextCarrier>,
            what: String,
            part: (ContextCarrier) -> ContextCarrier.Snapshot?,
        ): ContextSnapshot {
            if (carriers.isEmpty()) return NONE
            val parts = ArrayList<ContextCarrier.Snapshot>(carriers.size)
            carriers.forEach { carrier ->
                runLogged({ "$what the context by ${carrier.javaClass.name}" }) { part(carrier)?.let(parts::add) }
            }
            return if (parts.isEmpty()) NONE else ContextSnapshot(parts)
        }

        /** What [carriers] write of the context of the calling thread, for a durable call to [handler]. */
        fun headers(
            carriers: List<ContextCarrier>,
            handler: String,
        ): Map<String, String> {
            if (carriers.isEmpty()) return emptyMap()
            val headers = LinkedHashMap<String, String>()
            for (carrier in carriers) {
                runLogged({ "writing the context by ${carrier.javaClass.name}" }) {
                    carrier.capture()?.let { carrier.write(it, headers, handler) }
                }
            }
            return headers
        }
    }
}
