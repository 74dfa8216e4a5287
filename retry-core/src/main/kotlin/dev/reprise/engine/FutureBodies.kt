package dev.reprise.engine

import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor

/** The future of a body that starts stages. */
internal class StageRunner<T>(
    retry: Retry,
    executor: Executor,
    private val body: Attempt.() -> CompletionStage<T>?,
) : FutureRunner<T>(retry, executor) {
    override fun perform(
        attempt: Attempt,
        turn: FutureRunner<T>.Turn,
    ) {
        val stage =
            attempt.body() ?: throw NullPointerException("attempt ${attempt.number} returned null; the body must return a CompletionStage")
        if (stage.hasResult()) return turn.apply((stage as CompletableFuture<T>).join(), null)
        val cancel = AutoCloseable { cancel(stage) }
        if (!turn.holds(cancel)) cancel.close()
        // Not whenComplete: its stage would be completed by a new CompletionException, with a stack trace, for nobody to see.
        stage.handle(turn)
    }

    /** Asked of the JDK's own class only: subclasses may refuse to answer, as that of `minimalCompletionStage()` does. */
    private fun CompletionStage<T>.hasResult(): Boolean =
        javaClass == CompletableFuture::class.java && (this as CompletableFuture<T>).isDone && !isCompletedExceptionally

    private fun cancel(stage: CompletionStage<T>) {
        try {
            stage.toCompletableFuture().cancel(true)
        } catch (_: UnsupportedOperationException) {
            // A stage need not offer this; its result will be discarded.
        } catch (e: Throwable) {
            aside({ "cancelling a ${stage.javaClass.name}" }) { throw e }
        }
    }
}

/** The future of a body that blocks. */
internal class ValueRunner<T>(
    retry: Retry,
    executor: Executor,
    private val body: Attempt.() -> T,
) : FutureRunner<T>(retry, executor) {
    override fun perform(
        attempt: Attempt,
        turn: FutureRunner<T>.Turn,
    ) {
        val guard = InterruptGuard()
        if (turn.holds(guard)) turn.end(guard.run { attempt.body() }) else guard.leave()
    }
}
