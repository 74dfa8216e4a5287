package dev.reprise.ktor

import dev.reprise.policy.RepriseSpi
import dev.reprise.run.ContextCarrier
import org.slf4j.MDC

private const val HEADER = "mdc."

/** Carries values of SLF4J's MDC, as headers of durable calls. Found by `ServiceLoader`, so there is one for the process. */
@OptIn(RepriseSpi::class)
internal class MdcCarrier : ContextCarrier {
    override fun capture(): ContextCarrier.Snapshot? = snapshotOf(keys.mapNotNull { key -> MDC.get(key)?.let { key to it } }.toMap())

    override fun write(
        captured: ContextCarrier.Snapshot,
        headers: MutableMap<String, String>,
    ) {
        (captured as Values).values.forEach { (key, value) -> headers[HEADER + key] = value }
    }

    override fun read(headers: Map<String, String>): ContextCarrier.Snapshot? =
        snapshotOf(headers.filterKeys { it.startsWith(HEADER) }.mapKeys { it.key.removePrefix(HEADER) })

    private fun snapshotOf(values: Map<String, String>) = if (values.isEmpty()) null else Values(values)

    private class Values(
        val values: Map<String, String>,
    ) : ContextCarrier.Snapshot {
        override fun install(): AutoCloseable {
            val before = values.mapValues { MDC.get(it.key) }
            values.forEach { (key, value) -> MDC.put(key, value) }
            return AutoCloseable { before.forEach { (key, value) -> if (value == null) MDC.remove(key) else MDC.put(key, value) } }
        }
    }

    companion object {
        @Volatile
        private var keys = setOf("CallId")

        fun carry(keys: Set<String>) {
            this.keys = keys
        }
    }
}
