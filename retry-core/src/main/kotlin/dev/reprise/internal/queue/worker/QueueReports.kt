package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.PolicyCache
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.events.shortLine
import dev.reprise.internal.util.counted
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.Diagnosis.Reason
import dev.reprise.queue.model.LaneHealth
import dev.reprise.queue.model.QueueHealth
import dev.reprise.queue.spi.CallStatus
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.StoredCall
import java.time.Instant
import kotlin.time.Duration.Companion.milliseconds

/** The health of a queue, and why a call is not running. */
internal object QueueReports {
    /** The health of a queue with [worker], whose background [isActive], and of [lanes], on a store with [warnings]. */
    fun health(
        worker: QueueWorker?,
        isActive: Boolean,
        lanes: Set<String>,
        warnings: List<String>,
    ): QueueHealth {
        val access = worker?.access
        val outage = access?.outage
        return QueueHealth(
            isRunning = worker != null && !worker.isStopping && isActive,
            storeDownFor = outage?.let { access.store.clock.millis() - it.since }?.milliseconds,
            storeFailure = outage?.failure,
            inFlight = worker?.inFlight?.count?.value ?: 0,
            hungHandlers = worker?.executor?.hung ?: 0,
            staleResults = worker?.stale?.get() ?: 0,
            lateRenewals = worker?.leases?.lateRenewals?.get() ?: 0,
            lostLeases = worker?.leases?.lostLeases?.get() ?: 0,
            lanes = lanes.sorted().map { LaneHealth(it, worker?.inFlightIn(it) ?: 0, worker?.executor?.hungIn(it) ?: 0) },
            clockJumps = worker?.storeClock?.jumps?.get() ?: 0,
            warnings = warnings,
        )
    }

    /** Why the call [cid] is not running, and what failed last, unless it ended well after that. */
    suspend fun why(
        cid: String,
        store: CallStore,
        settings: QueueSettings,
        isStarted: Boolean,
    ): Diagnosis {
        val status = store.status(cid) ?: return Diagnosis(Reason.UNKNOWN, "there is no call '$cid', or its retention is over")
        val call = status.call
        val why = diagnosis(status, settings.handlers[call.handler]?.lane, isStarted, settings.policies)
        val hasFailed = call.counters.failures > 0 || call.counters.crashes > 0
        if (!hasFailed || call.state == CallState.SUCCEEDED || call.state == CallState.CANCELLED) return why
        val last = store.errors(cid).lastOrNull() ?: return why
        return Diagnosis(why.reason, "${why.text}; last: ${last.shortLine}")
    }

    private fun diagnosis(
        status: CallStatus,
        lane: String?,
        isStarted: Boolean,
        policies: PolicyCache,
    ): Diagnosis {
        val call = status.call
        return when (call.state) {
            CallState.SUCCEEDED, CallState.CANCELLED -> Diagnosis(Reason.ENDED, "it ended as ${call.state} at ${instant(call.endedAt)}")
            CallState.DEAD -> Diagnosis(Reason.ENDED, "it died at ${instant(call.endedAt)}: ${call.deadReason}; replay starts it again")
            CallState.HELD -> held(status)
            CallState.RUNNING -> running(status)
            CallState.READY -> ready(status, lane, isStarted, policies)
        }
    }

    private fun held(status: CallStatus): Diagnosis {
        val order = "order '${status.call.request.orderKey}'"
        return when {
            status.head == null -> {
                Diagnosis(Reason.BEHIND, "it is the first one in its $order now, and will be ready in a moment")
            }

            status.headIsDead -> {
                Diagnosis(Reason.BLOCKED, "the head of its $order, call ${status.head}, is dead and blocks it; replay or discard that call")
            }

            else -> {
                Diagnosis(Reason.BEHIND, "it is behind call ${status.head} in the $order")
            }
        }
    }

    private fun running(status: CallStatus): Diagnosis {
        val since = instant(status.call.claim?.at)
        return if ((status.leaseMillis ?: -1) <= 0) {
            Diagnosis(Reason.ORPHANED, "the worker that claimed it at $since died; another one will take it over within 30 seconds")
        } else {
            Diagnosis(Reason.RUNNING, "it has been running in '${status.worker}' since $since")
        }
    }

    private fun ready(
        status: CallStatus,
        lane: String?,
        isStarted: Boolean,
        policies: PolicyCache,
    ): Diagnosis {
        val call = status.call
        val unreadable = if (lane == null) null else policies.problem(call)
        return when {
            unreadable != null -> Diagnosis(Reason.UNREADABLE_POLICY, "this process cannot read its policy: $unreadable")
            call.dueAt > status.now -> Diagnosis(Reason.NOT_DUE, "it is due at ${instant(call.dueAt)}, after ${attempts(call)}")
            lane == null -> Diagnosis(Reason.NO_HANDLER, "no handler '${call.handler}' is registered in this process")
            lane in status.pausedLanes -> Diagnosis(Reason.PAUSED, "the lane '$lane' is paused; resume(\"$lane\") ends the pause")
            else -> Diagnosis(Reason.WAITING, waiting(call, lane) + if (isStarted) "" else "; this queue is not started")
        }
    }

    private fun waiting(
        call: StoredCall,
        lane: String,
    ) = "it has been due since ${instant(call.dueAt)} and waits for a free worker of the lane '$lane'"

    private fun attempts(call: StoredCall): String = counted(call.counters.attempts, "attempt")

    private fun instant(millis: Long?): String = millis?.let { Instant.ofEpochMilli(it).toString() } ?: "an unknown time"
}
