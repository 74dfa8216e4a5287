package dev.reprise.internal.engine

import dev.reprise.internal.util.returnedBy
import dev.reprise.internal.util.runLogged
import dev.reprise.run.Attempt
import dev.reprise.run.RetryOutcome
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor

/** The loop of a body that returns stages. [first] returns the stage of the first attempt, where the body was called already. */
internal class StageLoop<T> private constructor(
    config: RunConfig,
    executor: Executor,
    form: FutureForm,
    private val body: Attempt.() -> CompletionStage<T>?,
    private var first: (() -> CompletionStage<T>)? = null,
) : FutureLoop<T>(config, executor, form) {
    override fun perform(
        attempt: RunAttempt,
        end: FutureAttempt<T>,
    ) {
        val first = first
        this.first = null
        val stage = if (first == null) attempt.stage(body) else first()
        if (stage.hasResult()) return end.apply((stage as CompletableFuture<T>).join(), null)
        val cancel = AutoCloseable { cancel(stage) }
        if (!end.holds(cancel)) cancel.close()
        // Not whenComplete: its stage would be completed by a new CompletionException, with a stack trace that no code reads.
        stage.handle(end)
    }

    private fun cancel(stage: CompletionStage<T>) =
        runLogged({ "cancelling a ${stage.javaClass.name}" }) {
            try {
                stage.toCompletableFuture().cancel(true)
            } catch (_: UnsupportedOperationException) {
                // A stage need not offer this; the attempt ends when the stage does.
            }
        }

    companion object {
        /** Runs [body]. A plain run whose first stage already has its result needs no loop. */
        @Suppress("UNCHECKED_CAST")
        fun <T> run(
            config: RunConfig,
            executor: Executor,
            body: Attempt.() -> CompletionStage<T>?,
        ): CompletableFuture<T> {
            val first = config.plainFirst ?: return start(config, executor, body) as CompletableFuture<T>
            val stage =
                try {
                    first.stage(body)
                } catch (e: Throwable) {
                    return start(config, executor, body) { throw e } as CompletableFuture<T>
                }
            if (stage.hasResult()) return CompletableFuture.completedFuture((stage as CompletableFuture<T>).join())
            return start(config, executor, body) { stage } as CompletableFuture<T>
        }

        @Suppress("UNCHECKED_CAST")
        fun <T> outcome(
            config: RunConfig,
            executor: Executor,
            body: Attempt.() -> CompletionStage<T>?,
        ): CompletableFuture<RetryOutcome<T>> =
            StageLoop(config, executor, FutureForm.OUTCOME, body).runHere() as CompletableFuture<RetryOutcome<T>>

        private fun <T> start(
            config: RunConfig,
            executor: Executor,
            body: Attempt.() -> CompletionStage<T>?,
            first: (() -> CompletionStage<T>)? = null,
        ) = StageLoop(config, executor, FutureForm.VALUE, body, first).runHere()

        private fun <T> Attempt.stage(body: Attempt.() -> CompletionStage<T>?): CompletionStage<T> =
            body().returnedBy("the body of attempt $number", "CompletionStage")

        /** Only for the JDK's own class: subclasses can throw here, as that of `minimalCompletionStage()` does. */
        private fun CompletionStage<*>.hasResult(): Boolean =
            javaClass == CompletableFuture::class.java && (this as CompletableFuture<*>).isDone && !isCompletedExceptionally
    }
}
