package dev.reprise.internal.workflow.engine

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.job
import kotlinx.coroutines.withContext
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext

/** Calls one atom after the other, in the coroutine of the run. */
internal class SerialWorkers(
    private val scope: CoroutineScope,
    private val context: CoroutineContext,
    private val run: RunState,
) : Workers {
    private val isHere = context == EmptyCoroutineContext
    private val engine = scope.coroutineContext
    private val job = engine.job
    private var done = ArrayList<TaskEnd>()

    /** The parent of the jobs of tasks, if one has ever needed a job. */
    private val tasks = lazy { SupervisorJob(job) }

    /** Most tasks report nothing: it exists since the first report. */
    @Volatile
    private var writer: ReportWriter? = null

    override val isBusy get() = done.isNotEmpty()

    override suspend fun keepEnds() {
        if (done.isNotEmpty()) run.remember(done.last())
    }

    override suspend fun submit(work: Work) {
        job.ensureActive()
        run.flush()
        writer?.resume()
        val result =
            try {
                if (isHere) TaskContext(engine, tasks).call(work.code) else callElsewhere(work.code)
            } finally {
                // From now on the task reports nothing.
                work.scope?.end()
                run.step()
                writer?.pause()
            }
        if (result.exceptionOrNull() is CancellationException) job.ensureActive()
        done += work.end(result)
    }

    /** The failure is passed as a value: a coroutine could copy it. */
    private suspend fun callElsewhere(code: suspend () -> Any?): Result<Any?> =
        runCatching { withContext(context) { runCatching { code() } }.getOrThrow() }

    override suspend fun ended(): List<TaskEnd> = if (done.size == 1) listOf(done.removeAt(0)) else allEnded()

    private suspend fun allEnded(): List<TaskEnd> = done.also { done = ArrayList() }.also { run.rememberAll(it) }

    /** The engine does not wait in [ended]. */
    override fun wake() = Unit

    override fun report(progress: ProgressReport) = (writer ?: startWriter()).report(progress)

    @Synchronized
    private fun startWriter() = writer ?: ReportWriter(scope, run).also { writer = it }

    /** No task is running, and so no report is left. */
    override suspend fun close() {
        writer?.close()
        if (tasks.isInitialized()) tasks.value.complete()
    }
}
