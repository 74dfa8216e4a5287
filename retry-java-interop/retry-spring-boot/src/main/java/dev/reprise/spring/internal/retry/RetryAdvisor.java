package dev.reprise.spring.internal.retry;

import dev.reprise.interop.RetryInterceptor;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.aopalliance.intercept.MethodInterceptor;
import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.StaticMethodMatcherPointcutAdvisor;
import org.springframework.core.BridgeMethodResolver;
import org.springframework.util.ClassUtils;

/** Retries the calls of one bean that its interceptor knows. */
final class RetryAdvisor extends StaticMethodMatcherPointcutAdvisor {
    private static final long serialVersionUID = 1;

    private final transient Set<Method> methods;
    private final Class<?> type;

    /** The retried method for each one that is called; an overridden one has the same retries. */
    private final transient Map<Method, Method> retried = new ConcurrentHashMap<>();

    RetryAdvisor(RetryInterceptor interceptor, CallObserver observer, Class<?> type) {
        this.methods = interceptor.methods();
        this.type = type;
        setAdvice(advice(interceptor, observer));
    }

    @Override
    public boolean matches(Method method, Class<?> targetClass) {
        return methods.contains(retried(method));
    }

    private MethodInterceptor advice(RetryInterceptor interceptor, CallObserver observer) {
        return invocation ->
                observer.call(
                        interceptor,
                        retried(invocation.getMethod()),
                        invocation.getArguments(),
                        new InvocationAttempt(invocation));
    }

    private Method retried(Method called) {
        return retried.computeIfAbsent(
                called, method -> methods.contains(method) ? method : ofBean(method, type));
    }

    /** The method of a bean of this type that is called by {@code method}. */
    static Method ofBean(Method method, Class<?> type) {
        return BridgeMethodResolver.findBridgedMethod(
                AopUtils.getMostSpecificMethod(method, ClassUtils.getUserClass(type)));
    }
}
