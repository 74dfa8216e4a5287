package dev.reprise.interop.function;

import org.jspecify.annotations.Nullable;

/** Makes one attempt at a call, for handlers that need only the request. */
@FunctionalInterface
public interface RequestHandler<Q extends @Nullable Object, R extends @Nullable Object> {
    /**
     * Makes one attempt.
     *
     * @return the response
     * @throws Exception if the attempt fails; the policy of the call decides what happens next
     */
    R handle(Q request) throws Exception;
}
