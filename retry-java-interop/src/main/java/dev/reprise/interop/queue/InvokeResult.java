package dev.reprise.interop.queue;

import org.jspecify.annotations.Nullable;

/**
 * What {@code invokeOrDefer} came to.
 *
 * @param <R> the type of the response
 */
public sealed interface InvokeResult<R extends @Nullable Object> {
    /**
     * The first attempt returned.
     *
     * @param <R> the type of the response
     * @param value the response
     */
    record Completed<R extends @Nullable Object>(R value) implements InvokeResult<R> {}

    /**
     * The first attempt failed; the call goes on in the background.
     *
     * @param <R> the type of the response
     * @param cid the call
     */
    record Deferred<R extends @Nullable Object>(String cid) implements InvokeResult<R> {}
}
