package dev.reprise.spring.internal.retry;

import dev.reprise.interop.RetryInterceptor;
import kotlin.coroutines.Continuation;
import kotlinx.coroutines.reactor.MonoKt;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.ProxyMethodInvocation;
import org.springframework.util.ClassUtils;
import reactor.core.publisher.Mono;

/**
 * One attempt at an invocation, on a copy of it, which can proceed again.
 *
 * @param invocation of the bean, with the interceptors that come after this one
 */
record InvocationAttempt(MethodInvocation invocation) implements RetryInterceptor.Invocation {
    private static final boolean HAS_REACTOR =
            ClassUtils.isPresent(
                    "kotlinx.coroutines.reactor.MonoKt", InvocationAttempt.class.getClassLoader());

    @Override
    public @Nullable Object make(@Nullable Object[] arguments) throws Throwable {
        Object result = ((ProxyMethodInvocation) invocation).invocableClone(arguments).proceed();
        Object last = arguments.length == 0 ? null : arguments[arguments.length - 1];
        return HAS_REACTOR && last instanceof Continuation<?> caller
                ? Reactor.await(result, caller)
                : result;
    }

    /** If this library is there, Spring returns suspend functions as a {@code Mono}. */
    private static final class Reactor {
        @SuppressWarnings({"unchecked", "NullAway"})
        static @Nullable Object await(@Nullable Object result, Continuation<?> caller) {
            return result instanceof Mono<?> mono
                    ? MonoKt.awaitSingleOrNull((Mono<Object>) mono, (Continuation<Object>) caller)
                    : result;
        }
    }
}
