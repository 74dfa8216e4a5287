package dev.reprise.internal.util

import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.Job
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.Continuation
import kotlin.coroutines.startCoroutine

/**
 * Calls [action] once, when the job is cancelled or completes; closing the returned handle removes it.
 *
 * `invokeOnCompletion` waits for the children of a cancelled job, and the run that listens can be one of them. A suspended coroutine of
 * the job is cancelled immediately, and the job does not wait for it as it does for a child.
 */
internal fun Job.onCancellation(action: () -> Unit): AutoCloseable {
    val isOver = AtomicBoolean()
    lateinit var waiting: CancellableContinuation<Unit>
    val wait: suspend () -> Unit = {
        suspendCancellableCoroutine { continuation ->
            waiting = continuation
            continuation.invokeOnCancellation { if (isOver.compareAndSet(false, true)) action() }
        }
    }
    wait.startCoroutine(Continuation(this) {})
    return AutoCloseable {
        isOver.set(true)
        waiting.cancel()
    }
}
