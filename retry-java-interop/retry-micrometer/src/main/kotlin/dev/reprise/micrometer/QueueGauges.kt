package dev.reprise.micrometer

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.LaneHealth
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.run.RetryTimer
import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.MultiGauge
import io.micrometer.core.instrument.Tags
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import java.time.Duration
import java.time.InstantSource
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration.Companion.seconds

/**
 * Gauges of a queue, from now on and until it is closed. The first two are read from the store, once in 10 seconds:
 *
 * | gauge | tags | |
 * |---|---|---|
 * | `reprise.calls` | `handler`, `state` | the same number in every process: aggregate it with `max`, never with `sum` |
 * | `reprise.calls.oldest.due.age` | `handler` | seconds since the call was due that has been due for longest; 0 if none is due: the alarm to set |
 * | `reprise.in.flight` | `lane` | calls that this process has claimed and not settled so far |
 * | `reprise.hung` | `lane` | handlers of this process that were cancelled and continue nevertheless |
 *
 * While the store is down, they keep their last values. Handlers beyond 100 are counted as `other`, with one warning.
 */
public class QueueGauges
    @JvmOverloads
    constructor(
        registry: MeterRegistry,
        private val queue: RetryQueue,
        /** Where the store is read. By default on threads that the application cannot block. */
        context: CoroutineContext = RetryTimer.workers.asCoroutineDispatcher(),
        /** The clock for ages; that of the system by default. */
        private val clock: InstantSource = InstantSource.system(),
    ) : AutoCloseable {
        private val operator = queue.operator(Actor("gauges"))
        private val handlers = TagValues("handler")
        private val scope = CoroutineScope(context + Job(context[Job]))
        private val calls = gauge(registry, "reprise.calls", "Calls by handler and state, in all processes")
        private val oldest = gauge(registry, "reprise.calls.oldest.due.age", "How long the oldest due call has been due", "seconds")
        private val inFlight = gauge(registry, "reprise.in.flight", "Calls that this process has claimed and not settled")
        private val hung = gauge(registry, "reprise.hung", "Handlers that were cancelled and continue nevertheless")

        init {
            val lanes = queue.health().lanes.map { it.lane }
            inFlight.register(lanes.map { row(it) { health -> health.inFlight } })
            hung.register(lanes.map { row(it) { health -> health.hungHandlers } })
            scope.launch {
                while (true) {
                    keepingLast {
                        val counts = queue.counts()
                        register(counts)
                        registerAges(counts)
                    }
                    delay(EVERY)
                }
            }
        }

        private fun gauge(
            registry: MeterRegistry,
            name: String,
            description: String,
            unit: String? = null,
        ) = MultiGauge
            .builder(name)
            .description(description)
            .baseUnit(unit)
            .register(registry)

        private fun row(
            lane: String,
            value: (LaneHealth) -> Int,
        ): MultiGauge.Row<*> =
            MultiGauge.Row.of(Tags.of("lane", lane)) {
                queue
                    .health()
                    .lanes
                    .find { it.lane == lane }
                    ?.let(value) ?: 0
            }

        private suspend fun keepingLast(read: suspend () -> Unit) {
            try {
                read()
            } catch (_: Exception) {
                currentCoroutineContext().ensureActive()
            }
        }

        private fun register(counts: List<CallCount>) {
            val sums =
                counts
                    .groupingBy { handlers.of(it.handler) to it.state.name.lowercase() }
                    .fold(0L) { sum, count -> sum + count.calls }
            calls.register(sums.map { (tags, sum) -> MultiGauge.Row.of(Tags.of("handler", tags.first, "state", tags.second), sum) }, true)
        }

        private suspend fun registerAges(counts: List<CallCount>) {
            val ages = HashMap<String, Double>()
            for (handler in counts.mapTo(LinkedHashSet()) { it.handler }) {
                val isWaiting = counts.any { it.handler == handler && it.state == CallState.READY && it.calls > 0 }
                ages.merge(handlers.of(handler), if (isWaiting) ageOf(handler) else 0.0, ::maxOf)
            }
            oldest.register(ages.map { (handler, age) -> MultiGauge.Row.of(Tags.of("handler", handler), age) }, true)
        }

        private suspend fun ageOf(handler: String): Double {
            val due =
                CallQuery.ALL
                    .states(CallState.READY)
                    .handlers(handler)
                    .order(CallQuery.Order.DUE)
            val first =
                operator
                    .calls(due, limit = 1)
                    .items
                    .firstOrNull() ?: return 0.0
            return maxOf(Duration.between(first.dueAt, clock.instant()).toMillis() / MILLIS, 0.0)
        }

        /** Ends the reading of the store; the gauges keep their last values. */
        override fun close() {
            scope.cancel()
        }

        private companion object {
            val EVERY = 10.seconds
            const val MILLIS = 1000.0
        }
    }
