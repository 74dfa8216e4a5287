package dev.reprise.internal.queue.operate

import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.spi.StoredCall
import java.time.Instant

/** The summary of a call that was read as a whole. */
internal fun StoredCall.toSummary(): CallSummary {
    val call = this
    return CallSummary
        .builder(cid, handler, state)
        .apply {
            deadReason = call.deadReason
            title = request.title
            tags = request.tags
            attempts = counters.attempts
            failures = counters.failures
            crashes = counters.crashes
            errorType = call.errorType
            handlerVersion = call.handlerVersion
            enqueuedAt = Instant.ofEpochMilli(call.enqueuedAt)
            dueAt = Instant.ofEpochMilli(call.dueAt)
            endedAt = call.endedAt?.let(Instant::ofEpochMilli)
            deadline = request.deadline?.let(Instant::ofEpochMilli)
            policy = request.policy
            priority = request.priority
            orderKey = request.orderKey
            uniqueKey = request.uniqueKey
            origCid = request.origCid
            worker = claim?.owner
            requestBytes = request.payload.bytes.size
            responseBytes = response?.bytes?.size
        }.build()
}
