package dev.reprise.temporal

import dev.reprise.policy.RepriseSpi
import dev.reprise.temporal.internal.CallRun
import dev.reprise.temporal.internal.CallWorkflow
import dev.reprise.temporal.internal.JoinActivity
import dev.reprise.temporal.internal.KeyRun
import dev.reprise.temporal.internal.LaneAttempts
import dev.reprise.temporal.internal.OrderRun
import dev.reprise.temporal.internal.laneQueue
import io.temporal.worker.WorkerFactory
import io.temporal.worker.WorkerFactoryOptions
import io.temporal.worker.WorkerOptions
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.job
import kotlinx.coroutines.plus
import kotlinx.coroutines.runInterruptible
import java.util.concurrent.TimeUnit
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration

/**
 * Runs the calls of a [TemporalCallQueue] in this process: their workflows, and the attempts of the lanes of its handlers, each lane in a task
 * queue of its own with as many slots as the lane has concurrency. It starts once and stops once.
 *
 * @param heartbeatTimeout an attempt without a heartbeat for so long is given up: its worker died. It sends four in that time, and learns from
 * the answers that it is cancelled.
 * @param options interceptors, and the sizes of the cache and of the threads of workflows.
 * @throws IllegalArgumentException if a handler has a concurrency of its own: Temporal limits task queues, so give it a lane.
 */
@OptIn(RepriseSpi::class)
public class TemporalWorker(
    private val queue: TemporalCallQueue,
    private val heartbeatTimeout: Duration = 20.seconds,
    options: WorkerFactoryOptions = WorkerFactoryOptions.getDefaultInstance(),
) {
    private val factory = WorkerFactory.newInstance(queue.client, options)
    private var handlers: CoroutineScope? = null
    private var attempts: LaneAttempts? = null

    init {
        val limited = queue.hosted.limitedHandlers
        require(limited.isEmpty()) {
            "the handler '${limited.first()}' has a concurrency of its own, and Temporal limits task queues: give it a lane of that concurrency"
        }
        require(heartbeatTimeout >= BEAT) { "heartbeatTimeout must be at least $BEAT, but was $heartbeatTimeout" }
    }

    /**
     * Starts to run calls; the handlers run in [scope], and when that is cancelled, their attempts go back uncounted and nothing more starts.
     *
     * @throws IllegalStateException if it was started before.
     */
    public fun start(scope: CoroutineScope) {
        check(attempts == null) { "this worker was started before; create another one on the same queue" }
        val handlers = scope + SupervisorJob(scope.coroutineContext.job)
        val attempts = LaneAttempts(queue.hosted, queue, handlers, heartbeatTimeout.toJavaDuration())
        this.handlers = handlers
        this.attempts = attempts
        registerWorkflows()
        queue.hosted.lanes.forEach { (lane, concurrency) -> serve(lane, concurrency, attempts) }
        factory.start()
        scope.coroutineContext.job.invokeOnCompletion { factory.shutdown() }
    }

    private fun registerWorkflows() {
        val worker = factory.newWorker(queue.taskQueue)
        val timeout = heartbeatTimeout.toJavaDuration()
        worker.registerWorkflowImplementationFactory(CallWorkflow::class.java) { CallRun(queue.hosted, timeout) }
        worker.registerWorkflowImplementationTypes(OrderRun::class.java, KeyRun::class.java)
        worker.registerActivitiesImplementations(
            object : JoinActivity {
                override fun join(
                    orderKey: String,
                    cid: String,
                ) = queue.executions.joinBlocking(orderKey, cid)
            },
        )
    }

    private fun serve(
        lane: String,
        concurrency: Int,
        attempts: LaneAttempts,
    ) {
        val options =
            WorkerOptions
                .newBuilder()
                .setMaxConcurrentActivityExecutionSize(concurrency)
                // What runs gets its time when the worker stops, and is not to be taken for dead meanwhile.
                .setAllowActivityHeartbeatDuringShutdown(true)
                .setMaxHeartbeatThrottleInterval((heartbeatTimeout / LaneAttempts.BEATS_PER_TIMEOUT).toJavaDuration())
                .build()
        factory.newWorker(laneQueue(queue.taskQueue, lane), options).registerActivitiesImplementations(attempts)
    }

    /**
     * Stops in this sequence: nothing more starts; running handlers get [grace] to end, at least 1.5 seconds, and their heartbeats continue;
     * then they are cancelled, and their attempts go back uncounted. Returns when nothing of this worker runs, at the latest 10 seconds after
     * [grace]. A handler that runs even then continues; its attempt counts as a crash, and another worker makes it again.
     */
    public suspend fun stop(grace: Duration = 30.seconds): Unit = stop(grace, LAST)

    internal suspend fun stop(
        grace: Duration,
        last: Duration,
    ) {
        factory.shutdown()
        awaitEnd(maxOf(grace, POLLS_END))
        if (!factory.isTerminated) {
            attempts?.cancelAll()
            awaitEnd(last)
        }
        if (!factory.isTerminated) factory.shutdownNow()
        handlers?.cancel()
    }

    private suspend fun awaitEnd(limit: Duration) {
        runInterruptible(Dispatchers.IO) { factory.awaitTermination(limit.inWholeMilliseconds, TimeUnit.MILLISECONDS) }
    }

    override fun toString(): String = "TemporalWorker(${queue.taskQueue}, lanes ${queue.hosted.lanes.keys})"

    private companion object {
        val BEAT = 100.milliseconds
        val LAST = 10.seconds

        /** The SDK cancels its polls a second after it was shut down. An attempt that is released earlier could be handed to one of them, and be lost. */
        val POLLS_END = 1_500.milliseconds
    }
}
