package dev.reprise.spring.internal.handlers;

import dev.reprise.queue.model.CallContext;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import kotlin.coroutines.Continuation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.util.ReflectionUtils;

/** Calls the method of a handler; its bean is created with the first call, if not before. */
record HandlerInvocation(BeanFactory beans, HandlerMethod handler, HandlerProbe probe) {
    /** What the method throws is thrown unchanged, also where no exception is declared. */
    @Nullable Object call(
            CallContext context, @Nullable Object request, @Nullable Continuation<?> caller) {
        try {
            probe.before(context);
            Object bean = beans.getBean(handler.bean());
            Method method = AopUtils.selectInvocableMethod(handler.method(), bean.getClass());
            ReflectionUtils.makeAccessible(method);
            return method.invoke(bean, arguments(context, request, caller));
        } catch (InvocationTargetException e) {
            throw HandlerInvocation.<RuntimeException>undeclared(e.getTargetException());
        } catch (Exception e) {
            throw HandlerInvocation.<RuntimeException>undeclared(e);
        }
    }

    private @Nullable Object[] arguments(
            CallContext context, @Nullable Object request, @Nullable Continuation<?> caller) {
        List<@Nullable Object> arguments = new ArrayList<>();
        arguments.add(request);
        if (handler.hasContext()) {
            arguments.add(context);
        }
        if (caller != null) {
            arguments.add(caller);
        }
        return arguments.toArray();
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> E undeclared(Throwable failure) throws E {
        throw (E) failure;
    }
}
