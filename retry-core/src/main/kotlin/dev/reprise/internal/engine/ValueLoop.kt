package dev.reprise.internal.engine

import dev.reprise.Retry
import dev.reprise.run.Attempt
import java.util.concurrent.Executor

/** The future of a body that blocks. */
internal class ValueLoop<T>(
    retry: Retry,
    executor: Executor,
    private val body: Attempt.() -> T,
) : FutureLoop<T>(retry, executor) {
    override fun perform(
        attempt: Attempt,
        turn: FutureLoop<T>.Turn,
    ) {
        val guard = InterruptGuard()
        if (!turn.holds(guard)) return guard.leave()
        val end = guard.run { attempt.body() }
        if (end is AttemptEnd.Threw && !guard.isClosed) keepInterrupt(end.failure)
        turn.end(end)
    }
}
