package dev.reprise.console.internal.api

import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.pages.Course
import dev.reprise.console.internal.pages.Replayed
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.Payload
import dev.reprise.queue.operate.ActionResult
import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.operate.Group
import dev.reprise.queue.operate.LaneInfo
import dev.reprise.queue.operate.StoreDurability
import dev.reprise.queue.operate.WorkerInfo
import dev.reprise.workflow.operate.RunSummary
import dev.reprise.workflow.operate.TaskSnapshot

internal fun CallSummary.toDocument(): Map<String, Any?> =
    mapOf(
        "cid" to cid,
        "handler" to handler,
        "state" to state,
        "deadReason" to deadReason,
        "title" to title,
        "tags" to tags,
        "attempts" to attempts,
        "failures" to failures,
        "errorType" to errorType,
        "handlerVersion" to handlerVersion,
        "enqueuedAt" to enqueuedAt,
        "dueAt" to dueAt,
        "endedAt" to endedAt,
        "deadline" to deadline,
        "policy" to policy,
        "priority" to priority,
        "orderKey" to orderKey,
        "uniqueKey" to uniqueKey,
        "origCid" to origCid,
        "worker" to worker,
        "requestBytes" to requestBytes,
        "responseBytes" to responseBytes,
    )

internal fun Call.toDocument(): Map<String, Any?> =
    mapOf(
        "cid" to cid,
        "handler" to handler,
        "state" to state,
        "deadReason" to deadReason,
        "title" to title,
        "tags" to tags,
        "headers" to headers,
        "attempts" to attempts,
        "failures" to failures,
        "claims" to claims,
        "crashes" to crashes,
        "snoozes" to snoozes,
        "errorType" to errorType,
        "handlerVersion" to handlerVersion,
        "enqueuedAt" to enqueuedAt,
        "dueAt" to dueAt,
        "endedAt" to endedAt,
        "deadline" to deadline,
        "policy" to policy,
        "priority" to priority,
        "orderKey" to orderKey,
        "uniqueKey" to uniqueKey,
        "callbacks" to callbacks,
        "origCid" to origCid,
        "requestBytes" to request.bytes.size,
        "responseBytes" to response?.bytes?.size,
    )

/** The payloads of [call] as text, for a console that shows them. */
internal fun payloads(
    visit: Visit,
    call: Call,
): Map<String, Any?> {
    fun text(payload: Payload) = visit.settings.redact(call.handler, payload.bytes.decodeToString())
    return mapOf("request" to text(call.request), "response" to call.response?.let(::text))
}

internal fun AttemptError.toDocument(): Map<String, Any?> =
    mapOf(
        "attempt" to attempt,
        "at" to at,
        "type" to type,
        "message" to message,
        "causes" to causes,
        "elapsedMillis" to elapsed?.inWholeMilliseconds,
        "retryAfterMillis" to retryAfter?.inWholeMilliseconds,
        "isRetryable" to isRetryable,
        "worker" to worker,
        "handlerVersion" to handlerVersion,
        "trace" to trace,
    )

internal fun StoreDurability.toDocument(): Map<String, Any?> =
    mapOf(
        "database" to database,
        "isOnDisk" to isOnDisk,
        "settings" to settings,
        "standbyNames" to standbyNames,
        "standbys" to standbys,
    )

internal fun Group.toDocument(): Map<String, Any?> =
    mapOf(
        "handler" to handler,
        "errorType" to errorType,
        "handlerVersion" to handlerVersion,
        "deadReason" to deadReason,
        "count" to count,
        "isExact" to isExact,
        "oldest" to oldest,
        "newest" to newest,
        "sampleCid" to sampleCid,
    )

internal fun WorkerInfo.toDocument(): Map<String, Any?> =
    mapOf(
        "nonce" to nonce,
        "name" to name,
        "host" to host,
        "pid" to pid,
        "version" to version,
        "applicationVersion" to applicationVersion,
        "startedAt" to startedAt,
        "lanes" to lanes.map { mapOf("name" to it.name, "concurrency" to it.concurrency, "isPaused" to it.isPaused) },
        "handlers" to
            handlers.map {
                mapOf(
                    "name" to it.name,
                    "lane" to it.lane,
                    "version" to it.version,
                    "concurrency" to it.concurrency,
                )
            },
        "inFlight" to inFlight,
        "hung" to hung,
        "validUntil" to validUntil,
        "isValid" to isValid,
    )

internal fun LaneInfo.toDocument(): Map<String, Any?> =
    mapOf(
        "name" to name,
        "isPaused" to isPaused,
        "pausedAt" to pausedAt,
        "pausedBy" to pausedBy,
        "handlers" to handlers.sorted(),
        "workers" to workers,
        "concurrency" to concurrency,
    )

internal fun AuditEntry.toDocument(): Map<String, Any?> =
    mapOf(
        "id" to id,
        "at" to at,
        "actor" to actor.name,
        "via" to actor.via,
        "action" to action,
        "query" to query,
        "reason" to reason,
        "matched" to matched,
        "changed" to changed,
        "state" to state,
    )

internal fun ActionResult.toDocument(): Map<String, Any?> =
    mapOf(
        "isDryRun" to isDryRun,
        "matched" to matched,
        "changed" to changed,
        "skipped" to skipped,
        "keyHolders" to keyHolders,
        "sample" to sample,
        "isComplete" to isComplete,
        "next" to next,
        "auditId" to auditId,
    )

internal fun RunSummary.toDocument(): Map<String, Any?> =
    mapOf(
        "id" to id,
        "workflow" to workflow,
        "state" to state,
        "isOwned" to isOwned,
        "createdAt" to createdAt,
        "changedAt" to changedAt,
    )

internal fun TaskSnapshot.toDocument(): Map<String, Any?> =
    mapOf(
        "name" to name,
        "isController" to isController,
        "state" to state,
        "executions" to executions,
        "attempts" to attempts,
        "startedAt" to startedAt,
        "endedAt" to endedAt,
        "failure" to failure,
        "revertFailure" to revertFailure,
    )

/** A range for each number: what is not known of a call makes the difference. */
internal fun Replayed.toDocument(): Map<String, Any?> =
    mapOf(
        "cid" to call.cid,
        "state" to call.state,
        "attempts" to call.attempts,
        "attemptsAtLeast" to minOf(best.attempts, worst.attempts),
        "attemptsAtMost" to maxOf(best.attempts, worst.attempts),
        "endedAfterMillis" to was?.inWholeMilliseconds,
        "bestEnd" to best.toDocument(),
        "worstEnd" to worst.toDocument(),
    )

private fun Course.toDocument() = mapOf("end" to end, "afterMillis" to elapsed.inWholeMilliseconds)
