package dev.reprise.internal.engine

import dev.reprise.internal.util.runLogged
import dev.reprise.run.Attempt
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor

/** The future of a body that starts stages. [begun] answers in the place of the first attempt, where that was made already. */
internal class StageLoop<T> private constructor(
    config: RunConfig,
    executor: Executor,
    private val body: Attempt.() -> CompletionStage<T>?,
    private var begun: (() -> CompletionStage<T>)? = null,
) : FutureLoop<T>(config, executor) {
    override fun perform(
        attempt: RunAttempt,
        turn: FutureLoop<T>.Turn,
    ) {
        val made = begun
        begun = null
        val stage = if (made == null) attempt.stage(body) else made()
        if (stage.hasResult()) return turn.apply((stage as CompletableFuture<T>).join(), null)
        val cancel = AutoCloseable { cancel(stage) }
        if (!turn.holds(cancel)) cancel.close()
        // Not whenComplete: its stage would be completed by a new CompletionException, with a stack trace, for nobody to see.
        stage.handle(turn)
    }

    private fun cancel(stage: CompletionStage<T>) {
        try {
            stage.toCompletableFuture().cancel(true)
        } catch (_: UnsupportedOperationException) {
            // A stage need not offer this; its result will be discarded.
        } catch (e: Throwable) {
            runLogged({ "cancelling a ${stage.javaClass.name}" }) { throw e }
        }
    }

    companion object {
        /** Runs [body]. A plain run whose first stage has its result at once needs nobody to wait for it, so it gets no runner. */
        fun <T> run(
            config: RunConfig,
            executor: Executor,
            body: Attempt.() -> CompletionStage<T>?,
        ): CompletableFuture<T> {
            val first = config.plainFirst ?: return StageLoop(config, executor, body).runHere()
            val stage =
                try {
                    first.stage(body)
                } catch (e: Throwable) {
                    return StageLoop(config, executor, body) { throw e }.runHere()
                }
            if (stage.hasResult()) return CompletableFuture.completedFuture((stage as CompletableFuture<T>).join())
            return StageLoop(config, executor, body) { stage }.runHere()
        }

        private fun <T> Attempt.stage(body: Attempt.() -> CompletionStage<T>?): CompletionStage<T> =
            body() ?: throw NullPointerException("attempt $number returned null; the body must return a CompletionStage")

        /** Asked of the JDK's own class only: subclasses may refuse to answer, as that of `minimalCompletionStage()` does. */
        private fun CompletionStage<*>.hasResult(): Boolean =
            javaClass == CompletableFuture::class.java && (this as CompletableFuture<*>).isDone && !isCompletedExceptionally
    }
}
