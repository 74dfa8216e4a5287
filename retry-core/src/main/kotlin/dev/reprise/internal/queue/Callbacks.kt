package dev.reprise.internal.queue

import dev.reprise.RetryPolicy
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.undoHandlerOf
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import java.nio.charset.StandardCharsets
import java.time.Instant
import java.util.Base64

/** The calls that report how another call ended. */
internal object Callbacks {
    /**
     * [settlement], which ends its call about [now], with its callbacks, retried by [policy]; [earlier] are the failures recorded before.
     */
    fun attach(
        settlement: Settlement,
        earlier: List<AttemptError>,
        now: Long,
        policy: RetryPolicy,
    ): Settlement {
        val callbacks = of(settlement.applied(now), earlier + listOfNotNull(settlement.error), policy)
        return with(settlement) {
            Settlement(call, to, result, delayMillis, deadReason, policyState, response, error, callbacks, handlerVersion)
        }
    }

    /** The callbacks of [call], which has ended, retried by [policy]; [errors] are its failures. */
    fun of(
        call: StoredCall,
        errors: List<AttemptError>,
        policy: RetryPolicy,
    ): List<NewCall> {
        val outcome = outcomeOf(call, errors.map { "${it.type}: ${it.message}" })
        val payload = Payload(PayloadCodec.Outcome.encode(outcome), PayloadCodec.Outcome.name)
        return call.request.callbacks.filter { it != undoHandlerOf(call.handler) || call.isCutOff }.map { handler ->
            NewCall(
                cid = CorrelationIds.next(),
                handler = handler,
                payload = payload,
                policy = policy.notation(),
                priority = call.request.priority,
                source = call.handler,
                origCid = call.cid,
            )
        }
    }

    /** True if a worker had claimed the call, and something else than its handler ended it: a caller, its deadline, or its policy. */
    private val StoredCall.isCutOff: Boolean
        get() =
            counters.claims > 0 &&
                (state == CallState.CANCELLED || deadReason == DeadReason.EXPIRED || deadReason == DeadReason.EXHAUSTED)

    private fun outcomeOf(
        call: StoredCall,
        errors: List<String>,
    ): CallOutcome {
        val counted = ZatoRetryFields.of(call.request.policy)
        return CallOutcome(
            ok = call.state == CallState.SUCCEEDED,
            source = call.request.source,
            target = call.handler,
            retryRepeats = counted.repeats,
            retrySeconds = counted.seconds,
            callCid = call.cid,
            origCid = call.request.origCid,
            requestedAt = Instant.ofEpochMilli(call.enqueuedAt),
            respondedAt = Instant.ofEpochMilli(checkNotNull(call.endedAt)),
            response = call.response?.asText(),
            context = call.request.context,
            state = call.deadReason?.let { "DEAD($it)" } ?: call.state.name,
            attempts = call.counters.attempts,
            errors = errors,
        )
    }

    private fun Payload.asText(): String? =
        when (codec) {
            "none" -> null
            "text", "json" -> bytes.toString(StandardCharsets.UTF_8)
            else -> Base64.getEncoder().encodeToString(bytes)
        }
}
