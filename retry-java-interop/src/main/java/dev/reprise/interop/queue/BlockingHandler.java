package dev.reprise.interop.queue;

import org.jspecify.annotations.Nullable;

/**
 * Makes one attempt at a call, on a thread that may block. Kotlin has an interface of the same name
 * for handlers that suspend, {@code dev.reprise.queue.model.CallHandler}: a file in Java wants this
 * one, {@code dev.reprise.interop.queue.BlockingHandler}.
 *
 * @param <Q> the request
 * @param <R> the response
 */
@FunctionalInterface
public interface BlockingHandler<Q extends @Nullable Object, R extends @Nullable Object> {
    /**
     * Makes one attempt. It may be made again for a call that was worked on before: {@link
     * HandlerContext#cid} is the same every time.
     *
     * @param call which call this is, and what may be done about it
     * @param request what was enqueued
     * @return the response
     * @throws Exception if the attempt fails; the policy of the call decides what becomes of it
     */
    R handle(HandlerContext call, Q request) throws Exception;

    /**
     * Says which version of the code this is, if it is loaded by {@code ReloadingHandlers}: it is
     * written down with every attempt, so that calls can be replayed by it. Handlers that are told
     * to the builder have theirs in {@link HandlerOptions#version(int)}.
     *
     * @return default: 1
     */
    default int version() {
        return 1;
    }
}
