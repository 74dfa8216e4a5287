package dev.reprise.engine

import kotlinx.coroutines.ThreadContextElement
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater
import kotlin.coroutines.CoroutineContext

/** What retries inside the body of a run may do. */
public enum class Nested {
    /** They retry as they like; the report counts their retries among its calls, as far as [RetryReport.calls] says. */
    Count,

    /** They make one attempt and leave the retrying to the outer run, so that 3 × 3 × 3 calls stay 3. */
    Suppress,
}

/**
 * The presence of a run in the context of its body, for the runs nested there. It is on the thread as well, wherever the body goes on, so
 * that blocking runs and futures inside a suspending body see it too.
 */
internal class RunScope(
    val outer: RunScope?,
    nested: Nested,
) : ThreadContextElement<RunScope?> {
    override val key: CoroutineContext.Key<*> get() = RunScope

    @Volatile
    private var innerRetries = 0

    /** True if runs inside may not retry. */
    val suppresses: Boolean = nested == Nested.Suppress || outer?.suppresses == true

    /** The retries of all runs inside, at any depth. */
    val retriesInside: Int get() = innerRetries

    fun countRetry() {
        INNER_RETRIES.incrementAndGet(this)
        outer?.countRetry()
    }

    companion object Key : CoroutineContext.Key<RunScope> {
        private val INNER_RETRIES = AtomicIntegerFieldUpdater.newUpdater(RunScope::class.java, "innerRetries")
        private val onThread = ThreadLocal<RunScope?>()

        /** The scope of the body that this thread is in. */
        fun ofThread(): RunScope? = onThread.get()
    }

    override fun updateThreadContext(context: CoroutineContext): RunScope? = ofThread().also { set(this) }

    override fun restoreThreadContext(
        context: CoroutineContext,
        oldState: RunScope?,
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

    private fun set(scope: RunScope?) = if (scope == null) onThread.remove() else onThread.set(scope)
}
