package dev.reprise.temporal.internal

import dev.reprise.queue.HostedCalls
import dev.reprise.queue.spi.PolicyProgress
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import io.temporal.activity.ActivityCancellationType
import io.temporal.activity.ActivityOptions
import io.temporal.common.Priority
import io.temporal.common.RetryOptions
import io.temporal.failure.ActivityFailure
import io.temporal.failure.ApplicationFailure
import io.temporal.failure.CanceledFailure
import io.temporal.workflow.Workflow
import java.time.Duration

/** Decides about attempts and starts them, for the workflow of a call. Each decision is recorded in its history. */
internal class CallAttempts(
    private val hosted: HostedCalls,
    private val heartbeatTimeout: Duration,
) {
    /** Whether the attempt at the claimed [call] starts, where, and for how long. */
    fun start(call: StoredCall): StartRecord {
        val now = Workflow.currentTimeMillis()
        return Workflow.sideEffect(StartRecord::class.java) {
            StartRecord().apply {
                problem = hosted.problem(call)
                ends = if (problem == null) hosted.endBefore(call, now)?.toRecord() else null
                lane = hosted.laneOf(call.handler).orEmpty()
                limitMillis = if (problem == null) hosted.limitMillis(call, now) else null
            }
        }
    }

    /** Makes the attempt, in the task queue of its lane. @throws io.temporal.failure.ActivityFailure if it failed, or its worker died. */
    fun make(
        call: StoredCall,
        start: StartRecord,
    ): Settlement {
        val activity = Workflow.newActivityStub(AttemptActivity::class.java, options(call, start))
        return activity.attempt(call.toRecord()).toSettlement(call)
    }

    private fun options(
        call: StoredCall,
        start: StartRecord,
    ): ActivityOptions =
        ActivityOptions
            .newBuilder()
            .setTaskQueue(laneQueue(Workflow.getInfo().taskQueue, start.lane))
            // The worker ends the attempt in time; this is for one that does not.
            .setStartToCloseTimeout(start.limitMillis?.let { Duration.ofMillis(it).plus(LATE) } ?: UNLIMITED)
            .setHeartbeatTimeout(heartbeatTimeout)
            .setRetryOptions(once)
            .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
            .setPriority(Priority.newBuilder().setPriorityKey(priorityKey(call.request.priority)).build())
            .build()

    /** What follows from [failure] of the attempt at the claimed [call]. */
    fun decide(
        call: StoredCall,
        failure: Throwable?,
    ): Settlement {
        val now = Workflow.currentTimeMillis()
        if (failure !is ApplicationFailure) {
            // An attempt times out only after a worker has taken it.
            val started = call.toBuilder().apply { hasStarted = true }.build()
            return decision { hosted.crashed(started, now).toRecord() }.toSettlement(call)
        }
        val error = CallFailures.errorOf(failure, call.counters.attempts + 1)
        val description = CallFailures.describe(failure)
        return decision { hosted.failed(call, description, error, now).toRecord().also { it.error = null } }.toSettlement(call, error)
    }

    private fun decision(decide: () -> SettlementRecord): SettlementRecord = Workflow.sideEffect(SettlementRecord::class.java, decide)

    /** [call] with another policy: the attempts so far still count, what else the old policy remembered does not. */
    fun withPolicy(
        call: StoredCall,
        notation: String,
    ): StoredCall =
        call
            .toBuilder()
            .apply {
                request = request.toBuilder().apply { policy = notation }.build()
                progress = with(progress) { PolicyProgress.of(startedAt, attemptsBefore, null) }
            }.build()

    /** The call [cid] gets in line for its order, unless it is there. Tried until it is done. */
    fun join(
        orderKey: String,
        cid: String,
    ) {
        val options = ActivityOptions.newBuilder().setStartToCloseTimeout(JOIN_TIMEOUT).build()
        try {
            Workflow.newActivityStub(JoinActivity::class.java, options).join(orderKey, cid)
        } catch (e: ActivityFailure) {
            throw e.cause as? CanceledFailure ?: e
        }
    }

    private companion object {
        val once: RetryOptions = RetryOptions.newBuilder().setMaximumAttempts(1).build()
        val LATE: Duration = Duration.ofSeconds(30)
        val UNLIMITED: Duration = Duration.ofDays(3650)
        val JOIN_TIMEOUT: Duration = Duration.ofSeconds(30)

        /** From 1, the first, to 5: Temporal has half as many. */
        fun priorityKey(priority: Int) = 5 - priority / 2
    }
}

/** The task queue of the attempts of [lane]. */
internal fun laneQueue(
    taskQueue: String,
    lane: String,
): String = "$taskQueue/$lane"
