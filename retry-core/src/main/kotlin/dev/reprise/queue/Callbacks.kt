package dev.reprise.queue

import dev.reprise.policy.RetryPolicy

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
        call: Call,
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
