package dev.reprise.internal.engine

import dev.reprise.run.Attempt
import java.util.concurrent.Executor

/** The future of a body that blocks. */
internal class ValueLoop<T>(
    config: RunConfig,
    executor: Executor,
    private val body: Attempt.() -> T,
) : FutureLoop<T>(config, executor) {
    override fun perform(
        attempt: RunAttempt,
        turn: FutureLoop<T>.Turn,
    ) {
        val guard = InterruptGuard()
        if (!turn.holds(guard)) return guard.leave()
        val end = guard.run { attempt.body() }
        if (end is AttemptEnd.Threw && !guard.isClosed) keepInterrupt(end.failure)
        turn.end(end)
    }
}
