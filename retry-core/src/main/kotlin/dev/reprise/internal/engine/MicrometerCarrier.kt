package dev.reprise.internal.engine

import dev.reprise.policy.RepriseSpi
import dev.reprise.run.ContextCarrier
import io.micrometer.context.ContextRegistry
import io.micrometer.context.ContextSnapshotFactory

/**
 * Carries everything that has an accessor in Micrometer's registry: the MDC, OpenTelemetry's context, and what the application registers.
 * Needs `io.micrometer:context-propagation`, without which it cannot be created.
 */
@OptIn(RepriseSpi::class)
internal class MicrometerCarrier : ContextCarrier {
    private val registry = ContextRegistry.getInstance()

    /** What the caller did not have is cleared, so that nothing of an earlier task of the thread shows. */
    private val snapshots =
        ContextSnapshotFactory
            .builder()
            .contextRegistry(registry)
            .clearMissing(true)
            .build()

    override fun capture(): ContextCarrier.Snapshot? {
        if (registry.threadLocalAccessors.isEmpty()) return null
        val captured = snapshots.captureAll()
        return ContextCarrier.Snapshot { captured.setThreadLocals() }
    }

    companion object {
        /** Null if the library is not there. */
        fun orNull(): ContextCarrier? =
            try {
                MicrometerCarrier()
            } catch (_: LinkageError) {
                null
            }
    }
}
