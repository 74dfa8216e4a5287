package dev.reprise.run

import dev.reprise.internal.util.describe
import kotlin.coroutines.cancellation.CancellationException

/** A run was stopped before its first attempt, or, after its grace period, during that attempt. */
public class RetryStoppedException internal constructor(
    message: String,
) : CancellationException(message)

/**
 * The body ended with a cancellation that was not the run's own, such as that of another coroutine's `Deferred`.
 *
 * Only suspending runs and flows throw it: thrown unchanged, [cause] would look like a cancellation of the caller's coroutine and end that
 * silently.
 */
public class ForeignCancellationException internal constructor(
    override val cause: CancellationException,
) : IllegalStateException("the body was ended by a cancellation that is not this run's own: ${cause.describe()}", cause)
