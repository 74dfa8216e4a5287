package dev.reprise.internal.engine

import dev.reprise.run.NestedRetries
import kotlinx.coroutines.ThreadContextElement
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater
import kotlin.coroutines.CoroutineContext

/**
 * The presence of a run in the context of its body, for the runs nested there. It is on the thread as well, wherever the body goes on, so
 * that blocking runs and futures inside a suspending body see it too.
 */
internal class RunContext(
    val outer: RunContext?,
    nested: NestedRetries,
) : ThreadContextElement<RunContext?> {
    override val key: CoroutineContext.Key<*> get() = RunContext

    @Volatile
    private var innerRetries = 0

    /** True if runs inside may not retry. */
    val suppresses: Boolean = nested == NestedRetries.Suppress || outer?.suppresses == true

    /** The retries of all runs inside, at any depth. */
    val retriesInside: Int get() = innerRetries

    fun countRetry() {
        INNER_RETRIES.incrementAndGet(this)
        outer?.countRetry()
    }

    companion object Key : CoroutineContext.Key<RunContext> {
        private val INNER_RETRIES = AtomicIntegerFieldUpdater.newUpdater(RunContext::class.java, "innerRetries")
        private val onThread = ThreadLocal<RunContext?>()

        /** The scope of the body that this thread is in. */
        fun ofThread(): RunContext? = onThread.get()
    }

    override fun updateThreadContext(context: CoroutineContext): RunContext? = ofThread().also { set(this) }

    override fun restoreThreadContext(
        context: CoroutineContext,
        oldState: RunContext?,
    ): Unit = set(oldState)

    /** Runs a blocking [body] with this scope on the thread. */
    inline fun <T> enter(body: () -> T): T {
        val before = ofThread()
        set(this)
        try {
            return body()
        } finally {
            set(before)
        }
    }

    private fun set(scope: RunContext?) = if (scope == null) onThread.remove() else onThread.set(scope)
}
