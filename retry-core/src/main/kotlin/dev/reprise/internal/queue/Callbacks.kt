package dev.reprise.internal.queue

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.undoHandlerOf
import dev.reprise.queue.model.undoKeyOf
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.toDelayMillis
import java.nio.charset.StandardCharsets
import java.time.Instant
import java.util.Base64

/** What follows the end of a call: the calls that report it, and how long it is kept. */
internal class Callbacks(
    private val settings: QueueSettings,
) : EndRules {
    /** [settlement], which ends its call about [now], with its callbacks; [earlier] are the failures recorded before. */
    fun attach(
        settlement: Settlement,
        earlier: List<AttemptError>,
        now: Long,
    ): Settlement {
        val callbacks = callbacks(settlement.applied(now), earlier + listOfNotNull(settlement.error))
        return settlement.copy(callbacks = callbacks)
    }

    override fun retainMillis(call: StoredCall): Long? =
        settings.handlers[call.handler]?.let { it.retention ?: settings.retention }?.toDelayMillis()

    /** The callbacks of [call], which has ended; [errors] are its failures. */
    override fun callbacks(
        call: StoredCall,
        errors: List<AttemptError>,
    ): List<NewCall> {
        if (call.request.callbacks.isEmpty()) return emptyList()
        val payload = payloadOf(call, errors.map { "${it.type}: ${it.message}" })
        return call.request.callbacks.filter { it != undoHandlerOf(call.handler) || call.isCutOff }.map { handler ->
            NewCall(
                cid = CorrelationIds.next(),
                handler = handler,
                payload = payload,
                policy = settings.policies.write(settings.policy),
                priority = call.request.priority,
                source = call.handler,
                origCid = call.cid,
                tags = call.request.tags,
                uniqueKey = if (handler == undoHandlerOf(call.handler)) undoKeyOf(call.cid) else null,
            )
        }
    }

    /** True if a worker had claimed the call, and something else than its handler ended it: a caller, its deadline, or its policy. */
    private val StoredCall.isCutOff: Boolean
        get() =
            counters.claims > 0 &&
                (state == CallState.CANCELLED || deadReason == DeadReason.EXPIRED || deadReason == DeadReason.EXHAUSTED)

    /** The outcome, if it is not too large: otherwise without the response, then without most of the failures, and it says so. */
    private fun payloadOf(
        call: StoredCall,
        errors: List<String>,
    ): Payload {
        val full = payloadOf(outcomeOf(call, call.response, errors))
        if (full.bytes.size <= settings.maxPayloadBytes) return full
        val omitted = "the outcome of ${full.bytes.size} bytes is larger than the ${settings.maxPayloadBytes} that maxPayloadBytes allows"
        val withoutResponse = payloadOf(outcomeOf(call, null, errors + "$omitted: it has no response"))
        if (withoutResponse.bytes.size <= settings.maxPayloadBytes) return withoutResponse
        val few = errors.takeLast(1).map { it.take(SHORT_ERROR) }
        return payloadOf(outcomeOf(call, null, few + "$omitted: it has neither a response nor all failures"))
    }

    private fun payloadOf(outcome: CallOutcome) = Payload(PayloadCodec.Outcome.encode(outcome), PayloadCodec.Outcome.name)

    private fun outcomeOf(
        call: StoredCall,
        response: Payload?,
        errors: List<String>,
    ): CallOutcome {
        val counted = ZatoRetryFields.of(settings.policies.find(call))
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
            response = response?.asText(),
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

    private companion object {
        const val SHORT_ERROR = 500
    }
}
