package dev.reprise

import dev.reprise.policy.RepriseSpi

/** The receiver of `retry { }`: the settings of a [Retry]. */
@OptIn(RepriseSpi::class)
public class RetryBuilder internal constructor() : RetryOptions<RetryBuilder>() {
    internal fun build(): Retry = buildRetry()
}
