package dev.reprise.spring.internal.handlers;

import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.CallHandler;
import kotlin.coroutines.Continuation;
import org.jspecify.annotations.Nullable;

/** A handler in Kotlin that suspends. */
record SuspendingHandler(HandlerInvocation invocation) implements CallHandler<Object, Object> {
    @Override
    public int getVersion() {
        return invocation.handler().settings().version();
    }

    @Override
    public @Nullable Object handle(
            CallContext context, Object request, Continuation<? super Object> caller) {
        return invocation.call(context, request, caller);
    }
}
