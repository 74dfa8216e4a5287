package dev.reprise.interop.internal

import dev.reprise.interop.testing.VirtualTime
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.WorkflowEngineBuilder
import dev.reprise.workflow.WorkflowRun
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.operate.RunPage
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.operate.RunSnapshot
import dev.reprise.workflow.spi.WorkflowStore
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.future.future
import java.time.Instant
import java.time.InstantSource
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executor
import java.util.concurrent.RejectedExecutionException
import java.util.function.Consumer

/** The threads of a runner: its suspend functions as blocking calls and as futures. */
internal class RunnerThreads(
    executor: Executor,
    private val time: VirtualTime?,
) {
    private val tasks = TaskThreads(executor.asCoroutineDispatcher())
    private val scope = CoroutineScope(time?.let(::virtualDispatcher) ?: tasks.dispatcher)

    fun engine(
        store: WorkflowStore,
        settings: Consumer<WorkflowEngineBuilder>,
    ): WorkflowEngine =
        WorkflowEngine(store) {
            context = tasks
            time?.let {
                timeSource = it.timeSource()
                clock = InstantSource { Instant.EPOCH + it.elapsed() }
            }
            settings.accept(this)
        }

    fun execution(
        engine: WorkflowEngine,
        workflow: Workflow,
        inputs: Inputs,
        id: String?,
    ): WorkflowExecution = WorkflowExecution(this) { engine.execute(workflow, inputs, id) }

    fun execution(run: WorkflowRun): WorkflowExecution = WorkflowExecution(this) { run.execute() }

    fun open(
        engine: WorkflowEngine,
        workflow: Workflow,
        inputs: Inputs,
        id: String?,
    ): WorkflowRun = block { engine.open(workflow, inputs, id) }

    fun remove(
        engine: WorkflowEngine,
        id: String,
    ): Boolean = block { engine.remove(id) }

    fun reset(run: WorkflowRun) = block { run.reset() }

    fun reset(
        engine: WorkflowEngine,
        workflow: Workflow,
        id: String,
    ) = block { engine.reset(workflow, id) }

    fun undo(
        engine: WorkflowEngine,
        workflow: Workflow,
        id: String,
    ): WorkflowExecution = WorkflowExecution(this) { engine.undo(workflow, id) }

    fun runs(
        engine: WorkflowEngine,
        query: RunQuery,
        after: String?,
        limit: Int,
    ): RunPage = block { engine.runs(query, after, limit) }

    fun read(
        engine: WorkflowEngine,
        id: String,
    ): RunSnapshot? = block { engine.read(id) }

    fun close(run: WorkflowRun) = finish { run.close() }

    /** The waiting thread moves the virtual clock. */
    fun <T> block(code: suspend () -> T): T {
        if (time == null) return runToEnd { code() }
        val result = start(code)
        try {
            return time.await(result)
        } catch (e: InterruptedException) {
            result.cancel(true)
            throw e
        }
    }

    /** A future around that of the coroutine: an executor that rejects the run fails it, and does not cancel it. */
    fun <T> start(code: suspend () -> T): CompletableFuture<T> {
        val running = scope.future { code() }
        val result = CompletableFuture<T>()
        running.whenComplete { value, failure ->
            if (failure == null) result.complete(value) else result.completeExceptionally(failure.rejection() ?: failure)
        }
        result.whenComplete { _, _ -> if (result.isCancelled) running.cancel(true) }
        return result
    }

    /** Runs [code] to its end on no thread of the runner, however often this thread is interrupted; an interruption is kept for later. */
    private fun finish(code: suspend () -> Unit) {
        val end = CoroutineScope(time?.let(::virtualDispatcher) ?: Dispatchers.Default).future { code() }
        var isInterrupted = false
        while (!awaitOnce(end)) isInterrupted = true
        if (isInterrupted) Thread.currentThread().interrupt()
    }

    /** False if this thread was interrupted before [end] was complete. */
    private fun awaitOnce(end: CompletableFuture<Unit>): Boolean =
        try {
            if (time == null) end.get() else time.await(end)
            true
        } catch (_: InterruptedException) {
            false
        } catch (e: ExecutionException) {
            throw e.cause ?: e
        }

    private fun Throwable.rejection(): Throwable? = if (this is CancellationException) firstCause<RejectedExecutionException>() else null
}

/** Something that runs a workflow, in the four forms that Java code calls it in. */
internal class WorkflowExecution(
    private val threads: RunnerThreads,
    private val code: suspend () -> WorkflowOutcome,
) {
    fun execute(): WorkflowOutcome = threads.block(code)

    fun executeOrThrow(): WorkflowOutcome = execute().orThrow()

    fun executeAsync(): CompletableFuture<WorkflowOutcome> = threads.start(code)

    fun executeOrThrowAsync(): CompletableFuture<WorkflowOutcome> = threads.start { code().orThrow() }
}
