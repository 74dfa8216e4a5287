package dev.reprise.internal.engine

import dev.reprise.run.Attempt
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor

/** The loop of a body that blocks. */
internal class ValueLoop<T>(
    config: RunConfig,
    executor: Executor,
    private val body: Attempt.() -> T,
) : FutureLoop<T>(config, executor, FutureForm.VALUE) {
    override fun perform(
        attempt: RunAttempt,
        end: FutureAttempt<T>,
    ) {
        val guard = InterruptGuard()
        if (!end.holds(guard)) {
            guard.leave()
            return end.skip()
        }
        val ended = guard.run { attempt.body() }
        if (ended is AttemptEnd.Threw && !guard.isClosed) keepInterrupt(ended.failure)
        end.end(ended)
    }

    companion object {
        @Suppress("UNCHECKED_CAST")
        fun <T> run(
            config: RunConfig,
            executor: Executor,
            body: Attempt.() -> T,
        ): CompletableFuture<T> = ValueLoop(config, executor, body).runOnExecutor() as CompletableFuture<T>
    }
}
