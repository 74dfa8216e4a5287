package dev.reprise.interop.workflow

import dev.reprise.interop.queue.RealTime
import dev.reprise.interop.queue.TestTime
import dev.reprise.interop.queue.ask
import dev.reprise.interop.testing.VirtualTime
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.WorkflowRun
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowListener
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.orThrow
import dev.reprise.workflow.spi.WorkflowStore
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.future.future
import kotlinx.coroutines.isActive
import kotlinx.coroutines.job
import kotlinx.coroutines.runBlocking
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.Executor
import kotlin.time.TimeSource

/** An engine and the threads that its tasks run on. */
internal class RunBridge(
    private val engine: WorkflowEngine,
    executor: Executor,
    private val time: VirtualTime?,
) {
    private val threads = TaskThreads(executor.asCoroutineDispatcher())
    private val scope = CoroutineScope((time?.let(::virtualDispatcher) ?: threads.dispatcher) + threads)

    fun outcome(
        workflow: Workflow,
        inputs: Inputs,
        id: String,
    ): WorkflowOutcome = now { engine.outcome(workflow, inputs, id) }

    fun outcomeAsync(
        workflow: Workflow,
        inputs: Inputs,
        id: String,
    ): CompletableFuture<WorkflowOutcome> = later { engine.outcome(workflow, inputs, id) }

    fun runAsync(
        workflow: Workflow,
        inputs: Inputs,
        id: String,
    ): CompletableFuture<WorkflowOutcome> = later { engine.run(workflow, inputs, id) }

    fun open(
        workflow: Workflow,
        inputs: Inputs,
        id: String,
    ): RunControl = RunControl(this, now { opened(workflow, inputs, id) })

    /** Whoever is interrupted meanwhile gets no run that could be closed: it is given back here. */
    private suspend fun opened(
        workflow: Workflow,
        inputs: Inputs,
        id: String,
    ): WorkflowRun {
        val run = engine.prepare(workflow, inputs, id)
        if (!currentCoroutineContext().isActive) run.close()
        return run
    }

    fun <T> now(code: suspend () -> T): T = if (time == null) runBlocking(threads) { code() } else moving(time, later(code))

    /** Runs [code] to its end, however often this thread is interrupted; that is kept for later. */
    fun finish(code: suspend () -> Unit): Unit = (time?.let(::TestTime) ?: RealTime).ask(threads, code)

    /** Whoever waits moves the clock. */
    private fun <T> moving(
        time: VirtualTime,
        result: CompletableFuture<T>,
    ): T =
        try {
            time.await(result)
        } catch (e: InterruptedException) {
            result.cancel(true)
            throw e
        }

    /** A future of its own around that of the coroutine: an executor that takes no work is told as such and not as a cancellation. */
    fun <T> later(code: suspend () -> T): CompletableFuture<T> {
        val running = scope.future { code() }
        val result = CompletableFuture<T>()
        running.whenComplete { value, failure ->
            if (failure == null) result.complete(value) else result.completeExceptionally(failure.rejection() ?: failure)
        }
        result.whenComplete { _, _ -> if (result.isCancelled) running.cancel(true) }
        return result
    }

    companion object {
        @JvmStatic
        fun engine(
            store: WorkflowStore,
            parallelism: Int,
            deferReverts: Boolean,
            resolveFailures: Boolean,
            acceptChanges: Boolean,
            listeners: List<WorkflowListener>,
            time: VirtualTime?,
        ) = WorkflowEngine(
            store,
            parallelism,
            deferReverts = deferReverts,
            resolveFailures = resolveFailures,
            acceptChanges = acceptChanges,
            listeners = listeners,
            timeSource = time?.timeSource() ?: TimeSource.Monotonic,
        )

        @JvmStatic
        fun orThrow(outcome: WorkflowOutcome): WorkflowOutcome = outcome.orThrow()

        /**
         * Never returns: throws in a handler what a run was undone for. An interruption that a task threw of its own would pass there for one of
         * the attempt, so that comes in the report.
         */
        @JvmStatic
        fun undone(outcome: WorkflowOutcome.Reverted): RuntimeException {
            val failure = runCatching { outcome.orThrow() }.exceptionOrNull()
            throw failure?.takeUnless { it is InterruptedException } ?: outcome.report
        }
    }
}

/** An open run, which is given back only when nothing of it runs any more. */
internal class RunControl(
    private val bridge: RunBridge,
    val run: WorkflowRun,
) {
    private val running = ConcurrentHashMap.newKeySet<Job>()

    @Volatile
    private var isClosed = false

    fun outcome(): WorkflowOutcome = bridge.now { tracked { run.outcome() } }

    fun outcomeAsync(): CompletableFuture<WorkflowOutcome> = bridge.later { tracked { run.outcome() } }

    fun runAsync(): CompletableFuture<WorkflowOutcome> = bridge.later { tracked { run.run() } }

    fun reset() = bridge.now { tracked { run.reset() } }

    fun close() {
        isClosed = true
        bridge.finish {
            running.forEach { it.cancelAndJoin() }
            run.close()
        }
    }

    private suspend fun <T> tracked(code: suspend () -> T): T {
        val job = currentCoroutineContext().job
        running += job
        try {
            // Only now: a close that does not see this job is seen here.
            if (isClosed) throw CancellationException("the run was closed before this began")
            return code()
        } finally {
            running -= job
        }
    }
}
