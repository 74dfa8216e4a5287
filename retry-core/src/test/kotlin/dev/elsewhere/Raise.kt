package dev.elsewhere

import java.util.concurrent.CancellationException

/** By which another library leaves its own scope, as Arrow's `raise` does. */
internal class Raise(
    val value: String,
) : CancellationException(value)
