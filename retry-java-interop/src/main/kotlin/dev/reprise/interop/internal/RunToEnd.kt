package dev.reprise.interop.internal

import kotlinx.coroutines.CompletableJob
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.runBlocking
import java.util.concurrent.CountDownLatch
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext

/** `runBlocking` that keeps an interrupted caller until [code] has ended. Coroutines 1.8 only cancels the code and returns immediately. */
internal fun <T> runToEnd(
    context: CoroutineContext = EmptyCoroutineContext,
    code: suspend CoroutineScope.() -> T,
): T {
    val parent = Job()
    try {
        return runBlocking(context + parent, code)
    } catch (e: InterruptedException) {
        parent.awaitEnd()
        throw e
    }
}

/** An interruption during the wait is part of the one that is thrown. */
private fun CompletableJob.awaitEnd() {
    val ended = CountDownLatch(1)
    invokeOnCompletion { ended.countDown() }
    complete()
    while (ended.count > 0) {
        try {
            ended.await()
        } catch (_: InterruptedException) {
            continue
        }
    }
}
