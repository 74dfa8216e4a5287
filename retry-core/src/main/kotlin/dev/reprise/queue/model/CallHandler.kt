package dev.reprise.queue.model

/** The code of a handler that stands in a jar or a folder of its own, see [ReloadingHandlers][dev.reprise.queue.ReloadingHandlers]. It has a constructor without parameters. */
public interface CallHandler<Q, R> {
    /** Written down with every attempt, so that calls can be replayed by it. Default: 1. */
    public val version: Int get() = 1

    /** Works on one call, as often as it takes. */
    public suspend fun handle(
        context: CallContext,
        request: Q,
    ): R
}
