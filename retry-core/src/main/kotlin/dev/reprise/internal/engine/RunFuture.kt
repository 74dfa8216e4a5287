package dev.reprise.internal.engine

import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.function.Supplier

/**
 * The future of a run. Cancelling or completing it from outside ends the run. Once it is complete it refers to nothing but its value:
 * the run, its body and what that captures are not kept alive.
 */
internal class RunFuture<T>(
    loop: FutureLoop<*>,
) : CompletableFuture<T>() {
    @Volatile
    private var loop: FutureLoop<*>? = loop

    /** The run has ended with [value]. */
    fun succeed(value: T) {
        loop = null
        super.complete(value)
    }

    /** The run has ended with [failure]. */
    fun fail(failure: Throwable) {
        loop = null
        super.completeExceptionally(failure)
    }

    override fun cancel(mayInterruptIfRunning: Boolean): Boolean = endFromOutside { super.cancel(mayInterruptIfRunning) } || isCancelled

    override fun complete(value: T): Boolean = endFromOutside { super.complete(value) }

    override fun completeExceptionally(failure: Throwable): Boolean = endFromOutside { super.completeExceptionally(failure) }

    /** Like the JDK's, which does not call [complete] at the end. */
    override fun completeAsync(
        supplier: Supplier<out T>,
        executor: Executor,
    ): CompletableFuture<T> {
        executor.execute {
            try {
                if (!isDone) complete(supplier.get())
            } catch (e: Throwable) {
                completeExceptionally(e)
            }
        }
        return this
    }

    override fun obtrudeValue(value: T) {
        complete(value)
        super.obtrudeValue(value)
    }

    override fun obtrudeException(failure: Throwable) {
        completeExceptionally(failure)
        super.obtrudeException(failure)
    }

    private inline fun endFromOutside(end: () -> Boolean): Boolean {
        val loop = loop
        if (loop == null || !loop.tryCancel()) return false
        this.loop = null
        try {
            return end()
        } finally {
            loop.releaseCancelled()
        }
    }
}
