package dev.reprise.micrometer

import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.event.CallEvent
import dev.reprise.queue.event.CallListener
import dev.reprise.run.ContextCarrier
import io.micrometer.observation.Observation
import io.micrometer.observation.ObservationConvention
import io.micrometer.observation.ObservationRegistry
import java.util.concurrent.ConcurrentHashMap

/**
 * Observations, and so spans, of durable calls, as a listener of their queue: `reprise.enqueue` for each call that is created, and `reprise.call`
 * for each attempt, in whatever process, which is the current observation of the handler on every thread it runs on.
 *
 * ```
 * RetryQueue.open(file) { listener(CallObservations(registry)) }
 * ```
 *
 * `reprise.enqueue` is of the kind PRODUCER and a child of the current observation. Its trace is written into the headers of the call, as
 * `traceparent`, `tracestate` and `baggage` for example, by the handler of the registry for a
 * [SenderContext][io.micrometer.observation.transport.SenderContext], that of micrometer-tracing. `reprise.call` begins a trace of its own, of the
 * kind CONSUMER, with a link to that span, by [CallTracingHandler]: the attempt can come days later.
 *
 * | key | in a metric | |
 * |---|---|---|
 * | `messaging.system` | yes | `reprise` |
 * | `messaging.operation.type` | yes | `create`, `process` |
 * | `messaging.destination.name` | yes | the handler; those beyond 100 are `other` |
 * | `result` | yes | of an attempt, as in `reprise.call.attempts` |
 * | `messaging.message.id`, `attempt` | no | the id of the call, and the 1-based number of the attempt |
 *
 * Other names and keys: pass a convention, or register a global one for [EnqueueObservationContext] or [CallObservationContext].
 */
@OptIn(RepriseSpi::class)
public class CallObservations
    @JvmOverloads
    constructor(
        private val registry: ObservationRegistry,
        private val enqueueConvention: ObservationConvention<EnqueueObservationContext>? = null,
        private val callConvention: ObservationConvention<CallObservationContext>? = null,
    ) : CallListener,
        ContextCarrier {
        private val handlers = TagValues("handler")
        private val enqueueDefault = EnqueueConvention(handlers)
        private val callDefault = CallConvention(handlers)
        private val attempts = ConcurrentHashMap<String, Observation>()

        override fun capture(): ContextCarrier.Snapshot? = if (registry.isNoop) null else Empty

        override fun write(
            captured: ContextCarrier.Snapshot,
            headers: MutableMap<String, String>,
            handler: String,
        ) {
            val context = { EnqueueObservationContext(handler, headers) }
            Observation.createNotStarted(enqueueConvention, enqueueDefault, context, registry).start().stop()
        }

        override fun read(
            headers: Map<String, String>,
            cid: String,
            handler: String,
            attempt: Int,
        ): ContextCarrier.Snapshot? {
            if (registry.isNoop) return null
            val context = { CallObservationContext(cid, handler, attempt, headers) }
            val observation = Observation.createNotStarted(callConvention, callDefault, context, registry)
            attempts.put(cid, observation.start())?.stop()
            return ContextCarrier.Snapshot { observation.openScope().let { scope -> AutoCloseable { scope.close() } } }
        }

        /** Ends the observation of an attempt. */
        override fun onEvent(event: CallEvent) {
            if (event !is CallEvent.AttemptEnded) return
            val observation = attempts.remove(event.cid) ?: return
            (observation.context as? CallObservationContext)?.result = event.result.name.lowercase()
            event.failure?.let(observation::error)
            observation.stop()
        }

        /** There is nothing to capture: a call has the trace in its headers. */
        private object Empty : ContextCarrier.Snapshot {
            override fun install() = AutoCloseable { }
        }
    }
