package dev.reprise.internal.engine

import dev.reprise.run.NestedRetries
import dev.reprise.run.RetryEvent
import kotlinx.coroutines.ThreadContextElement
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.CoroutineContext

/**
 * A watched run, in the context of its body for the runs nested there. It is on the thread as well, wherever the body continues, so that
 * blocking runs and futures inside a suspending body see it too.
 */
internal class RunContext(
    val outer: RunContext?,
    private val config: RunConfig,
) : ThreadContextElement<RunContext?>,
    RetryEvent.Origin {
    override val key: CoroutineContext.Key<*> get() = RunContext

    override val name: String? get() = config.name

    /** Zero if there is no listener. */
    override val runId: Long = if (config.hasListeners) ids.incrementAndGet() else 0

    @Volatile
    private var innerRetries = 0

    /** True if runs inside must not retry. */
    val suppresses: Boolean get() = config.nestedRetries == NestedRetries.SUPPRESS || outer?.suppresses == true

    /** The retries of all runs inside, at any depth. */
    val retriesInside: Int get() = innerRetries

    fun countRetry() {
        INNER_RETRIES.incrementAndGet(this)
        outer?.countRetry()
    }

    companion object Key : CoroutineContext.Key<RunContext> {
        private val INNER_RETRIES = AtomicIntegerFieldUpdater.newUpdater(RunContext::class.java, "innerRetries")
        private val ids = AtomicLong()
        private val onThread = ThreadLocal<RunContext?>()

        /** The run whose body this thread is in. */
        fun ofThread(): RunContext? = onThread.get()
    }

    override fun updateThreadContext(context: CoroutineContext): RunContext? = ofThread().also { set(this) }

    override fun restoreThreadContext(
        context: CoroutineContext,
        oldState: RunContext?,
    ): Unit = set(oldState)

    /** Runs a blocking [body] with this run on the thread. */
    inline fun <T> enter(body: () -> T): T {
        val before = ofThread()
        set(this)
        try {
            return body()
        } finally {
            set(before)
        }
    }

    private fun set(run: RunContext?) = if (run == null) onThread.remove() else onThread.set(run)
}
