package dev.reprise.jfr

import dev.reprise.internal.jfr.AttemptEvent
import dev.reprise.internal.jfr.CallAttemptEvent
import dev.reprise.internal.jfr.CallSettledEvent
import dev.reprise.internal.jfr.DelayEvent
import dev.reprise.internal.jfr.RunEvent
import dev.reprise.internal.jfr.write
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.queue.event.CallEvent
import dev.reprise.queue.event.CallListener
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryListener
import kotlin.time.Duration

/**
 * Writes the events of retries and durable calls into recordings of JDK Flight Recorder: `dev.reprise.Run`, `dev.reprise.Attempt`,
 * `dev.reprise.Delay`, `dev.reprise.CallAttempt` and `dev.reprise.CallSettled`. Needs the module `jdk.jfr`.
 *
 * One object serves any number of retries and queues:
 *
 * ```
 * val recording = FlightRecording()
 * retry { listener(recording) }
 * RetryQueue.open(file) { listener(recording) }
 * ```
 */
public class FlightRecording :
    RetryListener,
    CallListener {
    /** Writes an event of a run. */
    override fun onEvent(event: RetryEvent) {
        when (event) {
            is RetryEvent.AttemptFailed -> {
                attempt(event, resultOf(event), event.failure)
                event.nextDelay?.let { delay(event, it) }
            }

            is RetryEvent.Succeeded -> {
                attempt(event, "OK", null)
                run(event, "SUCCESS")
            }

            else -> {
                run(event, event.stopReason?.name)
            }
        }
    }

    /** Writes an event of a durable call. */
    override fun onEvent(event: CallEvent) {
        when (event) {
            is CallEvent.AttemptEnded -> ended(event)
            is CallEvent.Settled -> settled(event)
            else -> return
        }
    }

    private fun resultOf(event: RetryEvent.AttemptFailed) =
        when (event.failure) {
            null -> "REJECTED"
            is AttemptTimeoutException -> "TIMED_OUT"
            else -> "FAILED"
        }

    private fun attempt(
        event: RetryEvent,
        result: String,
        failure: Throwable?,
    ) = AttemptEvent().write {
        policy = event.name
        runId = event.runId
        attempt = event.number
        this.result = result
        errorType = failure?.javaClass?.name
        elapsed = event.elapsed.nanos
    }

    private fun delay(
        event: RetryEvent,
        next: Duration,
    ) = DelayEvent().write {
        policy = event.name
        runId = event.runId
        attempt = event.number
        delay = next.nanos
    }

    private fun run(
        event: RetryEvent,
        outcome: String?,
    ) = RunEvent().write {
        policy = event.name
        runId = event.runId
        attempts = event.number
        this.outcome = outcome
        elapsed = event.elapsed.nanos
    }

    private fun ended(event: CallEvent.AttemptEnded) =
        CallAttemptEvent().write {
            cid = event.cid
            handler = event.handler
            lane = event.lane
            attempt = event.attempt
            result = event.result.name
            errorType = event.failure?.javaClass?.name
            elapsed = event.elapsed.nanos
        }

    private fun settled(event: CallEvent.Settled) =
        CallSettledEvent().write {
            cid = event.cid
            handler = event.handler
            lane = event.lane
            state = event.to.name
            deadReason = event.deadReason?.name
            attempts = event.attempts
            age = event.age.nanos
        }

    private val Duration.nanos: Long get() = inWholeNanoseconds
}
