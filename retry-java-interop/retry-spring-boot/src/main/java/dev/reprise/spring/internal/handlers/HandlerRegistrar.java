package dev.reprise.spring.internal.handlers;

import dev.reprise.interop.function.BlockingHandler;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.queue.model.Target;
import dev.reprise.spring.DurableHandlerBean;
import dev.reprise.spring.JsonTargets;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import kotlin.Unit;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/** Registers the handlers of the beans with a queue. */
public final class HandlerRegistrar {
    private final ConfigurableListableBeanFactory beans;
    private final JsonTargets json;
    private final HandlerProbe probe;

    /** Where a handler comes from, by its name. */
    private final Map<String, String> origins = new LinkedHashMap<>();

    private final Map<String, Target<?, ?>> targets = new HashMap<>();

    /** Registers the handlers of {@code beans}. */
    public HandlerRegistrar(
            ConfigurableListableBeanFactory beans, JsonTargets json, HandlerProbe probe) {
        this.beans = beans;
        this.json = json;
        this.probe = probe;
        for (Target<?, ?> target : beans.getBeansOfType(Target.class, true, false).values()) {
            targets.put(target.getName(), target);
        }
    }

    /** Registers all of them with the queue of {@code builder}. */
    public void register(QueueRunner.Builder builder) {
        HandlerScan.of(beans).forEach(method -> register(builder, method));
        Map<String, ?> handlers = beans.getBeansOfType(DurableHandlerBean.class, true, false);
        handlers.forEach(
                (name, handler) -> register(builder, name, (DurableHandlerBean<?, ?>) handler));
    }

    @SuppressWarnings("NullAway") // Its plain mode does not see that responses can be null.
    private void register(QueueRunner.Builder builder, HandlerMethod method) {
        Target<Object, Object> target = target(method);
        claim(target.getName(), method.toString());
        HandlerInvocation invocation = new HandlerInvocation(beans, method, probe);
        if (method.suspends()) {
            builder.handleSuspending(target, new SuspendingHandler(invocation), method::configure);
        } else if (method.returnsStage()) {
            builder.handleAsync(
                    target,
                    (context, request) -> stage(invocation.call(context, request, null)),
                    method::configure);
        } else {
            BlockingHandler<Object, Object> blocking =
                    (context, request) -> invocation.call(context, request, null);
            builder.handle(target, blocking, method::configure);
        }
    }

    private <Q extends @Nullable Object, R extends @Nullable Object> void register(
            QueueRunner.Builder builder, String bean, DurableHandlerBean<Q, R> handler) {
        Target<Q, R> target = handler.getTarget();
        claim(target.getName(), "'%s' (bean '%s')".formatted(target.getName(), bean));
        BlockingHandler<Q, R> probed =
                (context, request) -> {
                    probe.before(context);
                    return handler.getHandler().handle(context, request);
                };
        builder.handle(target, probed, handler.getOptions());
    }

    private void claim(String name, String origin) {
        String other = origins.putIfAbsent(name, origin);
        if (other != null) {
            throw new ConfigurationMistake(
                    "two handlers have one name: %s and %s; rename one".formatted(other, origin));
        }
    }

    @SuppressWarnings("unchecked")
    private Target<Object, Object> target(HandlerMethod method) {
        String name = method.settings().name();
        if (method.settings().isCallback()) {
            return (Target<Object, Object>) (Target<?, ?>) Target.callback(name);
        }
        Target<?, ?> declared = targets.get(name);
        return declared != null
                ? (Target<Object, Object>) declared
                : new Target<>(name, json.codec(method.request()), responses(method.response()));
    }

    @SuppressWarnings("unchecked")
    private PayloadCodec<Object> responses(Type type) {
        if (type == void.class || type == Void.class) {
            return (PayloadCodec<Object>) (PayloadCodec<?>) PayloadCodec.none();
        }
        return type == Unit.class
                ? (PayloadCodec<Object>) (PayloadCodec<?>) PayloadCodec.None
                : json.codec(type);
    }

    @SuppressWarnings("unchecked")
    private static @Nullable CompletionStage<Object> stage(@Nullable Object returned) {
        return (CompletionStage<Object>) returned;
    }
}
