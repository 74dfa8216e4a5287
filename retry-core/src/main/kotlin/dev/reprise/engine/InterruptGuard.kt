package dev.reprise.engine

import java.util.concurrent.atomic.AtomicInteger

/** Runs a blocking body and lets others interrupt it, and nothing but it: an interrupt neither comes too late nor outlives the body. */
internal class InterruptGuard : AutoCloseable {
    private val state = AtomicInteger(RUNNING)
    private val thread = Thread.currentThread()

    inline fun <T> run(body: () -> T): AttemptEnd<T> {
        val end =
            try {
                AttemptEnd.Returned(body())
            } catch (e: Throwable) {
                AttemptEnd.Threw(e)
            }
        leave()
        return end
    }

    /** Interrupts the body if it is still running. */
    override fun close() {
        if (!state.compareAndSet(RUNNING, INTERRUPTING)) return
        thread.interrupt()
        state.set(INTERRUPTED)
    }

    /** The body has ended: no interrupt of ours may reach the thread from here on, and one that did is taken back. */
    fun leave() {
        if (state.compareAndSet(RUNNING, LEFT)) return
        while (state.get() != INTERRUPTED) Thread.onSpinWait()
        Thread.interrupted()
    }

    private companion object {
        const val RUNNING = 0
        const val INTERRUPTING = 1
        const val INTERRUPTED = 2
        const val LEFT = 3
    }
}
