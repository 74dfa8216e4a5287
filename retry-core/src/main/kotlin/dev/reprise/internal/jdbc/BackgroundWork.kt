package dev.reprise.internal.jdbc

import dev.reprise.internal.util.Abandonment
import dev.reprise.internal.util.workerThreads
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch

/** What a store does by itself, on [threads] threads of its own. Closing it also aborts a statement that hangs, so that no connection stays in use. */
internal class BackgroundWork(
    name: String,
    threads: Int = 1,
) : AutoCloseable {
    private val abandonment = Abandonment()
    private val scope = CoroutineScope(SupervisorJob() + workerThreads(name, threads) + abandonment)

    fun launch(work: suspend CoroutineScope.() -> Unit): Job = scope.launch(block = work)

    override fun close() {
        scope.cancel()
        abandonment.abandon()
    }
}
