package dev.reprise.run

import dev.reprise.internal.util.describe
import kotlin.coroutines.cancellation.CancellationException

/** A run was told to stop before it could make an attempt, or, with a grace, while its only attempt was running. */
public class RetryStoppedException internal constructor(
    message: String,
) : CancellationException(message)

/**
 * The body ended with a cancellation that was not the run's own, such as that of somebody else's `Deferred`.
 *
 * It is a failure. Thrown as it is, [cause] would pass for a cancellation of the caller and end it without a word.
 */
public class ForeignCancellationException internal constructor(
    override val cause: CancellationException,
) : IllegalStateException("the body was ended by a cancellation that is not this run's own: ${cause.describe()}", cause)
