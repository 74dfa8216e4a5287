package dev.reprise.interop.internal

import dev.reprise.interop.testing.VirtualTime
import dev.reprise.run.ForeignCode
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.WorkflowEngineBuilder
import dev.reprise.workflow.WorkflowRun
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.spi.WorkflowStore
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.future.future
import java.time.Instant
import java.time.InstantSource
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.function.Consumer

/** The threads of a runner: its suspend functions as blocking calls and as futures. */
internal class RunnerThreads(
    executor: Executor,
    private val virtual: VirtualTime?,
) {
    private val time = if (virtual == null) RealTime else TestTime(virtual)
    private val tasks = TaskThreads(ForeignCode(executor))
    private val scope = CoroutineScope(if (virtual == null) tasks.code.dispatcher else time.dispatcher)

    fun engine(
        store: WorkflowStore,
        settings: Consumer<WorkflowEngineBuilder>,
    ): WorkflowEngine =
        WorkflowEngine(store) {
            context = tasks
            virtual?.let {
                timeSource = it.timeSource()
                clock = InstantSource { Instant.EPOCH + it.elapsed() }
            }
            settings.accept(this)
        }

    /** On no thread of the runner, and to its end, however often this thread is interrupted; an interruption is kept for later. */
    fun close(run: WorkflowRun): Unit = time.awaitAll(CoroutineScope(time.dispatcher).future { run.close() }) {}

    /** The waiting thread moves the virtual clock. */
    fun <T> block(code: suspend () -> T): T = if (virtual == null) ForeignCode.runToEnd { code() } else time.awaitOrCancel(start(code))

    /** A future around that of the coroutine: an executor that rejects the run fails it, and does not cancel it. */
    fun <T> start(code: suspend () -> T): CompletableFuture<T> {
        val running = scope.future { code() }
        val result = CompletableFuture<T>()
        running.whenComplete { value, failure ->
            if (failure == null) result.complete(value) else result.completeExceptionally(ForeignCode.rejection(failure) ?: failure)
        }
        result.whenComplete { _, _ -> if (result.isCancelled) running.cancel(true) }
        return result
    }
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
