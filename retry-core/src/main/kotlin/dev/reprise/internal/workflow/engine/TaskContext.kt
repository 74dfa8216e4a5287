package dev.reprise.internal.workflow.engine

import kotlinx.coroutines.CompletableJob
import kotlinx.coroutines.Job
import java.util.concurrent.atomic.AtomicReference
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.intrinsics.intercepted
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn

/**
 * The context in which the code of one atom is called: that of the engine, with a job of its own, a child of [parent]. So code can cancel only itself,
 * what it starts ends with it, and what fails there is its failure.
 *
 * The job is created when something first needs it. Code that does not suspend needs none, and a job takes a good part of the time of such a task.
 */
internal class TaskContext(
    private val engine: CoroutineContext,
    private val parent: Lazy<Job>,
) : CoroutineContext {
    /** The job, or [ENDED] after the end. */
    private val job = AtomicReference<CompletableJob?>()

    /** Calls [code], and waits for the coroutines that it has started. */
    suspend fun call(code: suspend () -> Any?): Result<Any?> {
        val result = runCatching { callHere(code) }
        val job = job.getAndSet(ENDED) ?: return result
        job.complete()
        job.join()
        // It is complete: this is called at once.
        var failure: Throwable? = null
        job.invokeOnCompletion { failure = it }
        return failure?.let { Result.failure(it) } ?: result
    }

    private suspend fun callHere(code: suspend () -> Any?): Any? =
        suspendCoroutineUninterceptedOrReturn { engine ->
            code.startCoroutineUninterceptedOrReturn(Continuation(this) { engine.intercepted().resumeWith(it) })
        }

    private fun job(): Job {
        job.get()?.let { return it }
        val created = Job(parent.value)
        if (job.compareAndSet(null, created)) return created
        created.cancel()
        return checkNotNull(job.get())
    }

    @Suppress("UNCHECKED_CAST")
    override fun <E : CoroutineContext.Element> get(key: CoroutineContext.Key<E>): E? = if (key === Job) job() as E else engine[key]

    override fun minusKey(key: CoroutineContext.Key<*>): CoroutineContext =
        if (key === Job) engine.minusKey(Job) else engine.minusKey(key) + job()

    override fun <R> fold(
        initial: R,
        operation: (R, CoroutineContext.Element) -> R,
    ): R = (engine + job()).fold(initial, operation)

    private companion object {
        /** What still has this context when the code has ended finds a job that is complete. */
        val ENDED = Job().also { it.complete() }
    }
}
