package dev.reprise.internal.workflow.engine

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.job
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.CoroutineContext

/**
 * Calls as many tasks at a time as the settings allow, in as many coroutines, which are started when there is work for them and then wait for more; a
 * controller does not count as a task. Everything that is submitted before a wait is made durable together, and called afterwards.
 */
internal class ParallelWorkers(
    private val scope: CoroutineScope,
    private val settings: EngineSettings,
    private val run: RunState,
) : Workers {
    private val signals = Channel<WorkSignal>(Channel.UNLIMITED)

    /** A worker that its dispatcher rejects when it is given a task leaves that to another one. */
    private val waiting: Channel<Work> = Channel(Channel.UNLIMITED, onUndeliveredElement = ::enqueue)

    /** The parent of the jobs of code: code that fails ends no other. */
    private val supervisor = SupervisorJob(scope.coroutineContext.job)
    private val parent = lazyOf(supervisor)

    /** A run does not wait for workers that have nothing to do: their dispatcher can be busy with something else. */
    private val workers = CoroutineScope(scope.coroutineContext + settings.context + SupervisorJob())
    private var workerCount = 0

    /** If another process can continue the run, the engine gets the thread of a worker between two tasks, and stores how the first one ended. */
    private val isShared = run.lost != null

    /** The tasks that are waiting or running, and one more until [close]. */
    private val unended = AtomicInteger(1)
    private val allEnded = Job()
    private var submitted = ArrayList<Work>()
    private var running = 0

    override val isBusy get() = running > 0

    override suspend fun keepEnds() = Unit

    override suspend fun submit(work: Work) {
        running++
        submitted += work
    }

    override suspend fun ended(): List<TaskEnd> {
        run.flush()
        submitted.forEach { if (it.isController) control(it) else call(it) }
        submitted = ArrayList()
        val done = ArrayList<TaskEnd>()
        var isWoken = false
        var signal: WorkSignal? = signals.receive()
        while (signal != null) {
            when (signal) {
                is TaskEnd -> done += signal
                is WorkerEnd -> replace(signal)
                is ProgressReport -> run.progress(signal.atom, signal.fraction)
                Wake -> isWoken = true
            }
            signal = signals.tryReceive().getOrNull() ?: if (done.isEmpty() && !isWoken) signals.receive() else null
        }
        // A task that was cancelled with the run can have ended before this coroutine suspends: that is not a failure of the task.
        currentCoroutineContext().ensureActive()
        run.step()
        running -= done.size
        run.rememberAll(done)
        return done
    }

    private fun control(work: Work) {
        var result = Result.success<Any?>(null)
        // The failure is passed as a value: a coroutine would copy it, and call its methods.
        scope.async(settings.context + supervisor) { result = runCatching { work.code() } }.invokeOnCompletion { cancelled ->
            signals.trySend(work.end(if (cancelled == null) result else Result.failure(cancelled)))
        }
    }

    private fun call(work: Work) {
        unended.incrementAndGet()
        enqueue(work)
        startWorkers()
    }

    private fun enqueue(work: Work) {
        if (waiting.trySend(work).isFailure) release()
    }

    private fun startWorkers() {
        while (workerCount < settings.parallelism && workerCount < unended.get() - 1) {
            workerCount++
            var hasStarted = false
            workers.async { callWaiting { hasStarted = true } }.invokeOnCompletion { failure ->
                signals.trySend(WorkerEnd(failure.takeUnless { hasStarted }))
            }
        }
    }

    /** Ends when its dispatcher rejects it, and when the run ends. */
    private suspend inline fun callWaiting(onStart: () -> Unit) {
        onStart()
        val context = currentCoroutineContext()
        for (work in waiting) {
            end(work, callIn(context, work))
            if (isShared) yield() else context.ensureActive()
        }
    }

    private suspend fun callIn(
        context: CoroutineContext,
        work: Work,
    ): Result<Any?> =
        if (supervisor.isActive) {
            TaskContext(context, parent).call(work.code)
        } else {
            Result.failure(CancellationException("The run has been cancelled"))
        }

    private fun end(
        work: Work,
        result: Result<Any?>,
    ) {
        work.scope?.end()
        release()
        signals.trySend(work.end(result))
    }

    private fun release() {
        if (unended.decrementAndGet() == 0) allEnded.complete()
    }

    /** A worker that was rejected is missed only if there is no other: then its task has failed, and the next one is tried. */
    private fun replace(worker: WorkerEnd) {
        workerCount--
        if (worker.rejection != null) {
            if (workerCount > 0) return
            waiting.tryReceive().getOrNull()?.let { end(it, Result.failure(worker.rejection)) }
        }
        startWorkers()
    }

    override fun wake() {
        signals.trySend(Wake)
    }

    override fun report(progress: ProgressReport) {
        signals.trySend(progress)
    }

    /** Returns when all tasks have ended, which those of a cancelled run do when they please. */
    override suspend fun close() {
        waiting.close()
        while (waiting.tryReceive().isSuccess) release()
        release()
        if (!allEnded.isCompleted) withContext(NonCancellable) { allEnded.join() }
        supervisor.complete()
    }
}
