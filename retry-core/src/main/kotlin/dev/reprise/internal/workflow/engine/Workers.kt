package dev.reprise.internal.workflow.engine

import dev.reprise.internal.util.isControlFlow
import dev.reprise.internal.util.rejectionBehind
import dev.reprise.run.ForeignCancellationException
import dev.reprise.workflow.model.ExecutionScope
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.coroutineScope
import kotlin.time.Duration

/** The code of one atom, ready to be called. [scope] is what a task reports its progress to. */
internal class Work(
    val atom: Int,
    val reverts: Boolean,
    val scope: ExecutionScope?,
    val code: suspend () -> Any?,
) {
    val isController: Boolean get() = scope == null

    fun end(result: Result<Any?>) = TaskEnd(atom, reverts, result.getOrNull(), result.exceptionOrNull()?.asTaskFailure())
}

/** What workers send to the engine while the code of atoms runs. */
internal sealed interface WorkSignal

/** How a [Work] ended: with [failure], or if that is null with [result]. Does not hold the work itself, because many can be waiting. */
internal class TaskEnd(
    val atom: Int,
    val reverts: Boolean,
    val result: Any?,
    val failure: Throwable?,
) : WorkSignal

/** A coroutine that calls tasks has ended; with a [rejection], before it called any. */
internal class WorkerEnd(
    val rejection: Throwable?,
) : WorkSignal

/** Something happened that the engine has to look at: the delay of a controller is over. */
internal object Wake : WorkSignal

/** A progress report of a task that is running. */
internal class ProgressReport(
    val atom: Int,
    val fraction: Double,
) : WorkSignal

/** Calls the code of atoms, separated from the state of the run: only the engine writes that, whatever thread reports. */
internal interface Workers {
    val isBusy: Boolean

    /** Stores how earlier work of the wave ended, before more of it starts. */
    suspend fun keepEnds()

    suspend fun submit(work: Work)

    /** Waits until something has ended, or until [wake] is called, and takes everything that has ended. */
    suspend fun ended(): List<TaskEnd>

    /** Ends the wait of the engine in [ended]; called from any thread. */
    fun wake()

    /** Takes a progress report from any thread; the engine writes it as soon as it can. */
    fun report(progress: ProgressReport)

    /** Returns when no code runs. */
    suspend fun close()
}

/** Runs [block] with workers that call as many tasks at a time as the settings allow, and with delays that are waited for up to [patience]. */
internal suspend fun <T> withWorkers(
    settings: EngineSettings,
    run: RunState,
    patience: Duration,
    block: suspend (Workers, ControllerWaits) -> T,
): T =
    coroutineScope {
        val serial = settings.parallelism == 1
        val workers = if (serial) SerialWorkers(this, settings.context, run) else ParallelWorkers(this, settings, run)
        val waits = ControllerWaits(this, patience, workers::wake)
        run.suspension.onMade(waits::wake)
        try {
            block(workers, waits)
        } finally {
            run.suspension.onMade { }
            waits.close()
            workers.close()
        }
    }

/** The cancellation of another job would look like one of the run. Control flow of another library has to reach its scope unchanged. */
private fun Throwable.asTaskFailure(): Throwable =
    if (this is CancellationException && !isControlFlow()) rejectionBehind() ?: ForeignCancellationException(this) else this

/** Of several that end before any of them is processed, none is called again after a crash. */
internal suspend fun RunState.rememberAll(ended: List<TaskEnd>) {
    if (ended.size > 1) ended.forEach { if (!record(it.atom).isEnded) remember(it) }
}
