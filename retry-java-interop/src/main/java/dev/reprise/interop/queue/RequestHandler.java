package dev.reprise.interop.queue;

import org.jspecify.annotations.Nullable;

/**
 * A {@link BlockingHandler} that needs to know nothing but the request.
 *
 * @param <Q> the request
 * @param <R> the response
 */
@FunctionalInterface
public interface RequestHandler<Q extends @Nullable Object, R extends @Nullable Object> {
    /**
     * Makes one attempt.
     *
     * @param request what was enqueued
     * @return the response
     * @throws Exception if the attempt fails; the policy of the call decides what becomes of it
     */
    R handle(Q request) throws Exception;
}
