package dev.reprise.restate.internal

import dev.reprise.policy.FailureDescription
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.Payload
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.PolicyProgress
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import java.time.Duration
import java.time.Instant

/** The owner of the claims: Restate's own fencing replaces the leases of a store. */
internal const val OWNER = "restate"

internal fun Payload.toRecord(): PayloadRecord {
    val payload = this
    return PayloadRecord().apply {
        bytes = payload.bytes
        codec = payload.codec
        version = payload.version
    }
}

internal fun PayloadRecord.toPayload(): Payload = Payload(bytes, codec, version)

internal fun NewCall.toRecord(): CallRecord {
    val call = this
    return CallRecord().apply {
        cid = call.cid
        handler = call.handler
        request = call.payload.toRecord()
        policy = call.policy
        priority = call.priority
        delayMillis = call.delayMillis
        deadline = call.deadline
        orderKey = call.orderKey
        onDeadPredecessor = call.onDeadPredecessor.name
        uniqueKey = call.uniqueKey
        keepUniqueKey = call.keepUniqueKey
        uniqueForMillis = call.uniqueForMillis
        callbacks = call.callbacks
        context = call.context
        source = call.source
        origCid = call.origCid
        tags = call.tags
        title = call.title
        headers = call.headers
        firstFailure = call.firstFailure?.toRecord()
    }
}

internal fun CallRecord.toNewCall(): NewCall {
    val record = this
    return NewCall
        .builder(cid, handler, request.toPayload(), policy)
        .apply {
            priority = record.priority
            delayMillis = record.delayMillis
            deadline = record.deadline
            orderKey = record.orderKey
            onDeadPredecessor = OnDeadPredecessor.valueOf(record.onDeadPredecessor)
            uniqueKey = record.uniqueKey
            keepUniqueKey = record.keepUniqueKey
            uniqueForMillis = record.uniqueForMillis
            callbacks = record.callbacks
            context = record.context
            source = record.source
            origCid = record.origCid
            tags = record.tags
            title = record.title
            headers = record.headers
            firstFailure = record.firstFailure?.toError()
        }.build()
}

internal fun StoredCall.toRecord(): CallRecord {
    val call = this
    return request.toRecord().apply {
        state = call.state.name
        deadReason = call.deadReason?.name
        enqueuedAt = call.enqueuedAt
        dueAt = call.dueAt
        endedAt = call.endedAt
        expiresAt = call.expiresAt
        claims = call.counters.claims
        attempts = call.counters.attempts
        failures = call.counters.failures
        crashes = call.counters.crashes
        snoozes = call.counters.snoozes
        startedAt = call.progress.startedAt
        attemptsBefore = call.progress.attemptsBefore
        policyState = call.progress.policyState
        claimedAt = call.claim?.at
        crashedAt = call.crashedAt
        handlerVersion = call.handlerVersion
        response = call.response?.toRecord()
        errorType = call.errorType
    }
}

/** The call of a record that was accepted. */
internal fun CallRecord.toStoredCall(): StoredCall {
    val record = this
    return StoredCall
        .builder(toNewCall(), stateOf(this), enqueuedAt)
        .apply {
            deadReason = record.deadReason?.let(DeadReason::valueOf)
            dueAt = record.dueAt
            endedAt = record.endedAt
            expiresAt = record.expiresAt
            counters = with(record) { CallCounters.of(claims, attempts, failures, crashes, snoozes) }
            progress = PolicyProgress.of(record.startedAt, record.attemptsBefore, record.policyState)
            claim = record.claimedAt?.let { Claim.of(OWNER, record.claims.toLong(), it) }
            token = record.claims.toLong()
            crashedAt = record.crashedAt
            handlerVersion = record.handlerVersion
            response = record.response?.toPayload()
            errorType = record.errorType
        }.build()
}

/** The state of a call that was accepted. */
internal fun stateOf(call: CallRecord): CallState = CallState.valueOf(checkNotNull(call.state) { "the call ${call.cid} was not accepted" })

/** The instant until which the unique key of [call] is taken: 0 if it is free. */
internal fun keyTakenUntil(call: CallRecord): Long {
    val endedAt = call.endedAt
    return when {
        endedAt == null || call.keepUniqueKey -> Long.MAX_VALUE
        call.uniqueForMillis > 0 -> endedAt + call.uniqueForMillis
        else -> 0
    }
}

internal fun AttemptError.toRecord(): ErrorRecord {
    val error = this
    return ErrorRecord().apply {
        attempt = error.attempt
        at = error.at.toEpochMilli()
        type = error.type
        message = error.message
        worker = error.worker
        causes = error.causes
        trace = error.trace
        elapsedMillis = error.getElapsed()?.toMillis()
        retryAfterMillis = error.getRetryAfter()?.toMillis()
        retryable = error.isRetryable
        handlerVersion = error.handlerVersion
    }
}

/** It was recorded at [millis], the time of the journal. */
internal fun ErrorRecord.at(millis: Long): ErrorRecord = apply { at = millis }

internal fun ErrorRecord.toError(): AttemptError {
    val record = this
    return AttemptError
        .of(attempt, Instant.ofEpochMilli(at), type, message, worker)
        .toBuilder()
        .apply {
            causes = record.causes
            trace = record.trace
            elapsed = record.elapsedMillis?.let(Duration::ofMillis)
            retryAfter = record.retryAfterMillis?.let(Duration::ofMillis)
            isRetryable = record.retryable
            handlerVersion = record.handlerVersion
        }.build()
}

/** The failure with the message [text]: that of the record, which settings of the handlers may have withheld. Causes have none. */
internal fun FailureDescription.toRecord(text: String?): FailureRecord {
    val failure = this
    return FailureRecord().apply {
        types = failure.types
        message = text
        cause = failure.cause?.toRecord(null)
        retryable = failure.isRetryable
        retryAfterMillis = failure.getRetryAfter()?.toMillis()
    }
}

internal fun FailureRecord.toDescription(): FailureDescription =
    FailureDescription.of(types, message, cause?.toDescription(), retryable, retryAfterMillis?.let(Duration::ofMillis))

internal fun Settlement.toRecord(): SettlementRecord {
    val settlement = this
    return SettlementRecord().apply {
        to = settlement.to.name
        result = settlement.result.name
        delayMillis = settlement.delayMillis
        deadReason = settlement.deadReason?.name
        policyState = settlement.policyState
        response = settlement.response?.toRecord()
        error = settlement.error?.toRecord()
        handlerVersion = settlement.handlerVersion
    }
}

/** The settlement of [call], which is claimed. */
internal fun SettlementRecord.toSettlement(call: StoredCall): Settlement =
    Settlement(
        call,
        CallState.valueOf(to),
        AttemptResult.valueOf(result),
        delayMillis,
        deadReason?.let(DeadReason::valueOf),
        policyState,
        response?.toPayload(),
        error?.toError(),
        handlerVersion = handlerVersion,
    )
