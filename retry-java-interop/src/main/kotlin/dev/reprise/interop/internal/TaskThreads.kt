package dev.reprise.interop.internal

import dev.reprise.run.ForeignCode
import dev.reprise.run.RetryTimer
import kotlinx.coroutines.currentCoroutineContext
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

/**
 * Where the Java code of tasks runs: an element of the context of a run, so that a workflow that was built in Java also runs on a Kotlin
 * engine.
 */
internal class TaskThreads(
    val code: ForeignCode,
) : AbstractCoroutineContextElement(TaskThreads) {
    companion object Key : CoroutineContext.Key<TaskThreads> {
        private val usual by lazy { ForeignCode(RetryTimer.workers) }

        suspend fun current(): ForeignCode = currentCoroutineContext()[TaskThreads]?.code ?: usual
    }
}

/** Calls code that can block. It is interrupted when its run is cancelled, and the run waits for it to end. */
internal suspend fun <T> blocking(code: () -> T): T = TaskThreads.current().call(code)
