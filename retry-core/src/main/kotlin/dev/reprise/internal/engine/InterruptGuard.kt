package dev.reprise.internal.engine

import dev.reprise.internal.util.isInterruption

/** Sets the interrupt flag again after an interruption of this thread, so that all of its code can see it. */
internal fun keepInterrupt(failure: Throwable) {
    if (failure.isInterruption()) Thread.currentThread().interrupt()
}

/**
 * Runs a blocking body and lets others interrupt only this body: an interrupt neither comes too late nor outlives the body. The
 * interrupt of a guard around this one, and one from outside that was pending at that moment, are not cleared with its own.
 *
 * An interrupt from outside that comes later cannot be distinguished from it: a thread has one flag.
 */
internal class InterruptGuard : AutoCloseable {
    private val outer: InterruptGuard? = onThread.get()
    private val flag: InterruptFlag = outer?.flag ?: InterruptFlag(Thread.currentThread())
    private var hasLeft = false

    /** True if it has interrupted the body; final once that has ended. */
    @Volatile
    var isClosed: Boolean = false
        private set

    inline fun <T> run(body: () -> T): AttemptEnd<T> {
        enter()
        val end =
            try {
                AttemptEnd.Returned(body())
            } catch (e: Throwable) {
                AttemptEnd.Threw(e)
            }
        leave()
        return end
    }

    fun enter(): Unit = onThread.set(this)

    /** Interrupts the body if it is still running. */
    override fun close(): Unit =
        synchronized(flag) {
            if (hasLeft || isClosed) return
            isClosed = true
            flag.raise()
        }

    /** The body has ended: no interrupt of ours may reach the thread from here on, and one that did is cleared. */
    fun leave() {
        if (outer == null) onThread.remove() else onThread.set(outer)
        synchronized(flag) {
            hasLeft = true
            if (isClosed) flag.lower()
        }
    }

    companion object {
        private val onThread = ThreadLocal<InterruptGuard?>()

        /** True if the body that runs on this thread was cancelled, or one around it. */
        fun isCancelledHere(): Boolean = generateSequence(onThread.get()) { it.outer }.any { it.isClosed }
    }
}

/** The interrupt flag of [thread], shared by the guards that are nested there; only under its own lock. */
private class InterruptFlag(
    private val thread: Thread,
) {
    /** How many guards have set it and not cleared it so far. */
    private var raised = 0

    /** True if it was set before the first of them. */
    private var wasSet = false

    fun raise() {
        if (raised++ == 0) wasSet = thread.isInterrupted
        thread.interrupt()
    }

    /** Only on [thread]. */
    fun lower() {
        raised--
        Thread.interrupted()
        if (raised > 0 || wasSet) thread.interrupt()
    }
}
