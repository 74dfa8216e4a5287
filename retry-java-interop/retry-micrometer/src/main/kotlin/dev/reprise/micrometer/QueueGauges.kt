package dev.reprise.micrometer

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.LaneHealth
import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.MultiGauge
import io.micrometer.core.instrument.Tags
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration.Companion.seconds

/**
 * Gauges of a queue, from now on and until it is closed. `reprise.calls` is read from the store, once in 10 seconds:
 *
 * | gauge | tags | |
 * |---|---|---|
 * | `reprise.calls` | `handler`, `state` | the same number in every process: aggregate it with `max`, never with `sum` |
 * | `reprise.in.flight` | `lane` | calls that this process has claimed and not settled so far |
 * | `reprise.hung` | `lane` | handlers of this process that were cancelled and continue nevertheless |
 *
 * While the store is down, `reprise.calls` keeps its last values. Handlers beyond 100 are counted as `other`, with one warning.
 */
public class QueueGauges
    @JvmOverloads
    constructor(
        registry: MeterRegistry,
        private val queue: RetryQueue,
        /** Where the store is read. */
        context: CoroutineContext = Dispatchers.Default,
    ) : AutoCloseable {
        private val handlers = TagValues("handler")
        private val scope = CoroutineScope(context + Job(context[Job]))
        private val calls = gauge(registry, "reprise.calls", "Calls by handler and state, in all processes")
        private val inFlight = gauge(registry, "reprise.in.flight", "Calls that this process has claimed and not settled")
        private val hung = gauge(registry, "reprise.hung", "Handlers that were cancelled and continue nevertheless")

        init {
            val lanes = queue.health().lanes.map { it.lane }
            inFlight.register(lanes.map { row(it) { health -> health.inFlight } })
            hung.register(lanes.map { row(it) { health -> health.hungHandlers } })
            scope.launch {
                while (true) {
                    read()
                    delay(EVERY)
                }
            }
        }

        private fun gauge(
            registry: MeterRegistry,
            name: String,
            description: String,
        ) = MultiGauge.builder(name).description(description).register(registry)

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

        private suspend fun read() {
            val counts =
                try {
                    queue.counts()
                } catch (_: Exception) {
                    currentCoroutineContext().ensureActive()
                    return
                }
            val sums =
                counts
                    .groupingBy {
                        handlers.of(
                            it.handler,
                        ) to it.state.name.lowercase()
                    }.fold(0L) { sum, count -> sum + count.calls }
            calls.register(sums.map { (tags, sum) -> MultiGauge.Row.of(Tags.of("handler", tags.first, "state", tags.second), sum) }, true)
        }

        /** Ends the reading of the store; the gauges keep their last values. */
        override fun close() {
            scope.cancel()
        }

        private companion object {
            val EVERY = 10.seconds
        }
    }
