package dev.reprise.internal.workflow.engine

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicReference
import kotlin.coroutines.CoroutineContext

/**
 * Calls one atom after the other, in the coroutine of the run.
 *
 * Any thread reports progress, and a coroutine of [scope] writes it; it may write only while an atom is running: the engine holds
 * [writing] at all other times.
 */
internal class SerialWorkers(
    private val scope: CoroutineScope,
    private val context: CoroutineContext,
    private val run: RunState,
) : Workers {
    private var done = ArrayList<TaskEnd>(1)
    private val writing = Mutex(locked = true)
    private val reports = ConcurrentLinkedQueue<ProgressReport>()
    private val news = Channel<Unit>(Channel.CONFLATED)
    private val writer = AtomicReference<Job?>()

    override val isBusy get() = done.isNotEmpty()

    override suspend fun keepEnds() {
        if (done.isNotEmpty()) run.remember(done.last())
    }

    override suspend fun submit(work: Work) {
        currentCoroutineContext().ensureActive()
        run.flush()
        writing.unlock()
        val end =
            try {
                work.call(context)
            } finally {
                writing.lock()
            }
        writeReports()
        done += end
    }

    override suspend fun ended(): List<TaskEnd> = done.also { done = ArrayList(1) }.also { run.rememberAll(it) }

    /** The engine does not wait in [ended]. */
    override fun wake() = Unit

    override fun report(progress: ProgressReport) {
        reports += progress
        if (writer.get() == null) startWriter()
        news.trySend(Unit)
    }

    /** Most tasks report nothing: the writer starts with the first report. */
    private fun startWriter() {
        val job = scope.launch(start = CoroutineStart.LAZY) { for (ignored in news) writing.withLock { writeReports() } }
        if (writer.compareAndSet(null, job)) job.start() else job.cancel()
    }

    private suspend fun writeReports() {
        while (true) {
            val report = reports.poll() ?: return
            run.progress(report.atom, report.fraction)
        }
    }

    /** No task is running, and so no report is left. */
    override fun close() {
        writer.get()?.cancel()
    }
}
