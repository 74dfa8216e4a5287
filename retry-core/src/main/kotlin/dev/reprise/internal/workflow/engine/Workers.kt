package dev.reprise.internal.workflow.engine

import dev.reprise.run.ForeignCancellationException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlin.coroutines.CoroutineContext

/** The code of one atom, ready to be called. */
internal class Work(
    val atom: Int,
    val reverts: Boolean,
    val isController: Boolean,
    val code: suspend () -> Any?,
)

/** How a [Work] ended: with [failure], or where that is null with [result]. Does not hold the work itself: of a large wave many are waiting. */
internal class TaskEnd(
    val atom: Int,
    val reverts: Boolean,
    val result: Any?,
    val failure: Throwable?,
) {
    constructor(work: Work, result: Any?, failure: Throwable?) : this(work.atom, work.reverts, result, failure)
}

/** Calls the code of atoms, and keeps it away from the state of the run. */
internal interface Workers {
    val isBusy: Boolean

    /** Has the store keep how earlier work of the wave ended, before more of it begins. */
    suspend fun keepEnds()

    suspend fun submit(work: Work)

    /** Waits until something has ended, and takes all that has. */
    suspend fun ended(): List<TaskEnd>

    suspend fun progress(
        atom: Int,
        fraction: Double,
    )
}

/** Runs [block] with workers that call up to [parallelism] tasks at a time; with 1 the atoms run in the coroutine of [run] itself. */
internal suspend fun <T> withWorkers(
    parallelism: Int,
    context: CoroutineContext,
    run: RunState,
    block: suspend (Workers) -> T,
): T {
    if (parallelism == 1) return block(SerialWorkers(run))
    return coroutineScope {
        val workers = ParallelWorkers(this, parallelism, context, run)
        try {
            block(workers)
        } finally {
            workers.close()
        }
    }
}

/** Whose cancellation it is decides: that of the run ends the run, any other is a failure of the atom like every other. */
private suspend fun call(work: Work): TaskEnd =
    try {
        TaskEnd(work, work.code(), null)
    } catch (e: CancellationException) {
        currentCoroutineContext().ensureActive()
        TaskEnd(work, null, ForeignCancellationException(e))
    } catch (e: Throwable) {
        TaskEnd(work, null, e)
    }

/** Of several that end before any of them is looked at, none is to be called again after a crash. */
private suspend fun RunState.rememberAll(ended: List<TaskEnd>) {
    if (ended.size > 1) ended.forEach { if (!record(it.atom).ended) remember(it) }
}

private class SerialWorkers(
    private val run: RunState,
) : Workers {
    private var done = ArrayList<TaskEnd>(1)

    /** A task may have several coroutines, on several threads, and a journal takes one call after the other. */
    private val reporting = Mutex()

    override val isBusy get() = done.isNotEmpty()

    override suspend fun keepEnds() {
        if (done.isNotEmpty()) run.remember(done.last())
    }

    override suspend fun submit(work: Work) {
        currentCoroutineContext().ensureActive()
        run.flush()
        done += call(work)
    }

    override suspend fun ended(): List<TaskEnd> = done.also { done = ArrayList(1) }.also { run.rememberAll(it) }

    override suspend fun progress(
        atom: Int,
        fraction: Double,
    ) = reporting.withLock { run.progress(atom, fraction) }
}

/**
 * Tasks queue up for a fixed number of coroutines; a controller, which may wait long, gets one of its own and takes no task's place. All
 * that is submitted before a wait is made durable at once, and called then.
 */
private class ParallelWorkers(
    private val scope: CoroutineScope,
    parallelism: Int,
    private val context: CoroutineContext,
    private val run: RunState,
) : Workers {
    private val queue = Channel<Work>(Channel.UNLIMITED)
    private val signals = Channel<Any>(Channel.UNLIMITED)
    private var submitted = ArrayList<Work>()
    private var running = 0

    init {
        repeat(parallelism) { scope.launch(context) { for (work in queue) signals.send(call(work)) } }
    }

    override val isBusy get() = running > 0

    override suspend fun keepEnds() = Unit

    override suspend fun submit(work: Work) {
        running++
        submitted += work
    }

    override suspend fun ended(): List<TaskEnd> {
        run.flush()
        submitted.forEach { begin(it) }
        submitted = ArrayList()
        val done = ArrayList<TaskEnd>()
        var signal: Any? = signals.receive()
        while (signal != null || done.isEmpty()) {
            when (signal) {
                is TaskEnd -> done += signal
                is Progress -> run.progress(signal.atom, signal.fraction)
            }
            signal = signals.tryReceive().getOrNull() ?: if (done.isEmpty()) signals.receive() else null
        }
        running -= done.size
        run.rememberAll(done)
        return done
    }

    private suspend fun begin(work: Work) {
        if (work.isController) scope.launch(context) { signals.send(call(work)) } else queue.send(work)
    }

    override suspend fun progress(
        atom: Int,
        fraction: Double,
    ) = signals.send(Progress(atom, fraction))

    fun close() {
        queue.close()
    }

    private class Progress(
        val atom: Int,
        val fraction: Double,
    )
}
