package dev.reprise.internal.workflow.engine

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.util.concurrent.ConcurrentLinkedQueue

/**
 * Writes what any thread reports of a task, in a coroutine of [scope], while the engine waits for the end of that task: at all other times the engine
 * writes, and keeps it [paused][pause].
 */
internal class ReportWriter(
    scope: CoroutineScope,
    private val run: RunState,
) {
    private val writing = Mutex()
    private val reports = ConcurrentLinkedQueue<ProgressReport>()
    private val news = Channel<Unit>(Channel.CONFLATED)
    private val job = scope.launch { for (ignored in news) writing.withLock { writeAll() } }

    fun report(progress: ProgressReport) {
        reports += progress
        news.trySend(Unit)
    }

    /** To be called before a task starts. */
    fun resume() = writing.unlock()

    /** To be called when a task has ended: writes what is left. */
    suspend fun pause() {
        writing.lock()
        writeAll()
    }

    private suspend fun writeAll() {
        while (true) {
            val report = reports.poll() ?: return
            run.progress(report.atom, report.fraction)
        }
    }

    fun close() = job.cancel()
}
