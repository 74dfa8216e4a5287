package dev.reprise.interop.function;

import dev.reprise.queue.model.CallContext;
import org.jspecify.annotations.Nullable;

/**
 * Makes one attempt at a call, on a thread that it can block. Handlers in Kotlin, which suspend,
 * are {@link dev.reprise.queue.model.CallHandler}s.
 */
@FunctionalInterface
public interface BlockingHandler<Q extends @Nullable Object, R extends @Nullable Object> {
    /**
     * Makes one attempt. A call can be attempted again after an attempt that had effects: {@link
     * CallContext#getCid} is the same every time.
     *
     * @param context the call, and what the handler can do with it
     * @return the response
     * @throws Exception if the attempt fails; the policy of the call decides what happens next
     */
    R handle(CallContext context, Q request) throws Exception;

    /**
     * Returns the version of this code if {@code ReloadingHandlers} loads it: it is recorded with
     * every attempt, so that calls can be replayed by version. Handlers that are passed to the
     * builder have theirs in {@code HandlerOptions}.
     *
     * @return default: 1
     */
    default int version() {
        return 1;
    }
}
