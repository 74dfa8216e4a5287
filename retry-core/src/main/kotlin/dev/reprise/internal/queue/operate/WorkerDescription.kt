package dev.reprise.internal.queue.operate

import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.util.ProcessIdentity
import dev.reprise.queue.operate.WorkerInfo
import dev.reprise.queue.spi.toDelayMillis
import java.time.Duration
import java.time.Instant

/** What the worker with the lease [nonce] says about itself. The store adds when its lease ends. */
internal fun QueueSettings.describe(
    nonce: String,
    startedAt: Long,
    inFlight: Int,
    hung: Int,
): WorkerInfo =
    WorkerInfo(
        nonce,
        workerName,
        isNamed,
        ProcessIdentity.current.host,
        ProcessIdentity.current.pid,
        WorkerInfo::class.java.getPackage()?.implementationVersion,
        applicationVersion,
        Instant.ofEpochMilli(startedAt),
        lanes.sorted().map { WorkerInfo.Lane(it, concurrencyOf(it), isPaused = false) },
        handlers.values.sortedBy { it.target.name }.map { handler ->
            WorkerInfo.Handler(
                handler.target.name,
                handler.lane,
                handler.source.version,
                handler.concurrency.takeIf { it < Int.MAX_VALUE },
                Duration.ofMillis((handler.retention ?: retention).toDelayMillis()),
            )
        },
        inFlight,
        hung,
        Instant.EPOCH,
        isValid = true,
    )
