package dev.reprise.spring.internal.handlers;

import dev.reprise.interop.queue.HandlerOptions;
import dev.reprise.queue.RetryQueueBuilder;
import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.CallOutcome;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import kotlin.coroutines.Continuation;
import org.springframework.core.GenericTypeResolver;

/**
 * An annotated method.
 *
 * @param bean the name of its bean
 * @param type the class of its bean
 */
record HandlerMethod(String bean, Class<?> type, Method method, Settings settings) {
    /** What the annotation says. */
    record Settings(String name, String lane, int version, int concurrency, boolean isCallback) {}

    /** Returns this method, if its parameters are those of a handler. */
    HandlerMethod checked() {
        List<Class<?>> parameters = parameters(method);
        boolean isFirstRequest = !parameters.isEmpty() && parameters.get(0) != CallContext.class;
        boolean isSecondContext =
                parameters.size() == 1
                        || (parameters.size() == 2 && parameters.get(1) == CallContext.class);
        if (!isFirstRequest || !isSecondContext) {
            throw mistake(
                    "its parameters are %s; they must be the request and, if it is needed, a CallContext"
                            .formatted(parameters));
        }
        if (settings.isCallback && parameters.get(0) != CallOutcome.class) {
            throw mistake("its first parameter must be a CallOutcome");
        }
        return this;
    }

    private static List<Class<?>> parameters(Method method) {
        return Stream.<Class<?>>of(method.getParameterTypes())
                .filter(type -> type != Continuation.class)
                .toList();
    }

    private ConfigurationMistake mistake(String reason) {
        return new ConfigurationMistake(this + ": " + reason);
    }

    boolean hasContext() {
        return parameters(method).size() == 2;
    }

    boolean suspends() {
        return Stream.of(method.getParameterTypes()).anyMatch(type -> type == Continuation.class);
    }

    boolean returnsStage() {
        return method.getReturnType() == CompletionStage.class
                || method.getReturnType() == CompletableFuture.class;
    }

    Type request() {
        return resolved(method.getGenericParameterTypes()[0]);
    }

    /** The type of the value, whether it is returned, or in a stage, or suspended for. */
    Type response() {
        Type[] parameters = method.getGenericParameterTypes();
        if (suspends()) {
            return argument(parameters[parameters.length - 1]);
        }
        Type returned = method.getGenericReturnType();
        return returnsStage() ? argument(returned) : resolved(returned);
    }

    private Type argument(Type of) {
        if (!(of instanceof ParameterizedType parameterized)) {
            return Object.class;
        }
        Type argument = parameterized.getActualTypeArguments()[0];
        if (argument instanceof WildcardType wildcard) {
            Type[] lower = wildcard.getLowerBounds();
            argument = lower.length > 0 ? lower[0] : wildcard.getUpperBounds()[0];
        }
        return resolved(argument);
    }

    private Type resolved(Type declared) {
        return GenericTypeResolver.resolveType(declared, type);
    }

    void configure(HandlerOptions options) {
        options.lane(settings.lane).version(settings.version);
        if (settings.concurrency != RetryQueueBuilder.UNLIMITED) {
            options.concurrency(settings.concurrency);
        }
    }

    @Override
    public String toString() {
        return "'%s' (%s of bean '%s')".formatted(settings.name, method.getName(), bean);
    }
}
