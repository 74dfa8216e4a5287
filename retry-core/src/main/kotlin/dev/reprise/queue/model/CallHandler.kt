package dev.reprise.queue.model

/** A handler that [ReloadingHandlers][dev.reprise.queue.ReloadingHandlers] loads. Its class needs a constructor without parameters. */
public interface CallHandler<Q, R> {
    /** Recorded with every attempt, so that calls can be replayed by version. Default: 1. */
    public val version: Int get() = 1

    /** Makes one attempt at a call, and returns its result. */
    public suspend fun handle(
        context: CallContext,
        request: Q,
    ): R
}
