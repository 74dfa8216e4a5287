package dev.reprise.internal.workflow.engine

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.job

/**
 * Calls each atom in a separate coroutine, as many tasks at a time as the settings allow; a controller does not count as a task. Everything that
 * is submitted before a wait is made durable together, and called afterwards.
 *
 * However a coroutine ends, also because its dispatcher rejects it, it sends a [TaskEnd] and makes room for the next one.
 */
internal class ParallelWorkers(
    private val scope: CoroutineScope,
    private val settings: EngineSettings,
    private val run: RunState,
) : Workers {
    private val signals = Channel<WorkSignal>(Channel.UNLIMITED)
    private val tasks = WaitingTasks(settings.parallelism, ::launch)

    /** Code that fails ends no other. */
    private val supervisor = SupervisorJob(scope.coroutineContext.job)
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
        submitted.forEach { if (it.isController) launch(it) {} else tasks.add(it) }
        submitted = ArrayList()
        val done = ArrayList<TaskEnd>()
        var isWoken = false
        var signal: WorkSignal? = signals.receive()
        while (signal != null) {
            when (signal) {
                is TaskEnd -> done += signal
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

    private fun launch(
        work: Work,
        onEnd: () -> Unit,
    ) {
        var result = Result.success<Any?>(null)
        // The failure is passed as a value: a coroutine would copy it, and call its methods.
        scope.async(settings.context + supervisor) { result = runCatching { work.code() } }.invokeOnCompletion { cancelled ->
            work.scope?.end()
            signals.trySend(work.end(if (cancelled == null) result else Result.failure(cancelled)))
            onEnd()
        }
    }

    override fun wake() {
        signals.trySend(Wake)
    }

    override fun report(progress: ProgressReport) {
        signals.trySend(progress)
    }

    override fun close() {
        tasks.clear()
        supervisor.complete()
    }
}

/** Tasks that wait until fewer than [limit] of them run. */
private class WaitingTasks(
    private val limit: Int,
    private val launch: (Work, () -> Unit) -> Unit,
) {
    private val waiting = ArrayDeque<Work>()
    private var active = 0
    private var isLaunching = false

    fun add(work: Work) {
        synchronized(this) { waiting += work }
        launchNext()
    }

    fun clear() = synchronized(this) { waiting.clear() }

    /**
     * A dispatcher that runs a task inline also ends it inline: the launching loop continues, so that the stack does not grow with the
     * tasks.
     */
    private fun launchNext() {
        if (synchronized(this) { isLaunching.also { isLaunching = true } }) return
        while (true) launch(next() ?: return, ::ended)
    }

    private fun next(): Work? =
        synchronized(this) {
            val work = if (active < limit) waiting.removeFirstOrNull() else null
            if (work == null) isLaunching = false else active++
            work
        }

    private fun ended() {
        synchronized(this) { active-- }
        launchNext()
    }
}
