package dev.reprise.internal.queue

import dev.reprise.RetryPolicy
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall

/** The calls that tell how another one ended. */
internal object Callbacks {
    /**
     * [settlement], which ends its call about [now], with its callbacks, retried by [policy]; [earlier] are the failures that were written
     * down before.
     */
    fun attach(
        settlement: Settlement,
        earlier: List<AttemptError>,
        now: Long,
        policy: RetryPolicy,
    ): Settlement {
        val callbacks = of(settlement.applied(now), earlier + listOfNotNull(settlement.error), policy)
        return with(settlement) {
            Settlement(call, to, result, delayMillis, deadReason, memory, response, error, callbacks, handlerVersion)
        }
    }

    /** The callbacks of [call], which has ended, retried by [policy]; [errors] is what is known of its failures. */
    fun of(
        call: StoredCall,
        errors: List<AttemptError>,
        policy: RetryPolicy,
    ): List<NewCall> {
        val outcome = CallOutcome.of(call, errors.map { "${it.type}: ${it.message}" })
        val payload = Payload(PayloadCodec.Outcome.encode(outcome), PayloadCodec.Outcome.name)
        return call.order.callbacks.map { handler ->
            NewCall(
                cid = CorrelationIds.next(),
                handler = handler,
                payload = payload,
                policy = policy.notation(),
                priority = call.order.priority,
                source = call.handler,
                origCid = call.cid,
            )
        }
    }
}
