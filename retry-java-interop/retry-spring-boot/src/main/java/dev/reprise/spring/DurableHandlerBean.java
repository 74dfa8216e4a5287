package dev.reprise.spring;

import dev.reprise.interop.function.BlockingHandler;
import dev.reprise.interop.queue.HandlerOptions;
import dev.reprise.queue.model.Target;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A handler as a bean, where {@link DurableHandler} is not enough: with a target that has codecs of
 * its own, or with all options.
 *
 * <pre>{@code
 * @Bean
 * DurableHandlerBean<Image, Image> resize(Resizer resizer) {
 *     return new DurableHandlerBean<>(
 *             RESIZE, (context, image) -> resizer.resize(image), o -> o.keepPayload(false));
 * }
 * }</pre>
 *
 * @param <Q> the type of the requests
 * @param <R> the type of the responses
 */
public final class DurableHandlerBean<Q extends @Nullable Object, R extends @Nullable Object> {
    private final Target<Q, R> target;
    private final BlockingHandler<Q, R> handler;
    private final Consumer<? super HandlerOptions> options;

    /**
     * A handler with options.
     *
     * @param target names the handler and has the codecs
     * @param handler makes one attempt; it can block
     * @param options lane, version, concurrency, retention
     */
    public DurableHandlerBean(
            Target<Q, R> target,
            BlockingHandler<Q, R> handler,
            Consumer<? super HandlerOptions> options) {
        this.target = Objects.requireNonNull(target, "target");
        this.handler = Objects.requireNonNull(handler, "handler");
        this.options = Objects.requireNonNull(options, "options");
    }

    /** {@return the name and the codecs} */
    public Target<Q, R> getTarget() {
        return target;
    }

    /** {@return what makes an attempt} */
    public BlockingHandler<Q, R> getHandler() {
        return handler;
    }

    /** {@return what sets lane, version, concurrency and retention} */
    public Consumer<? super HandlerOptions> getOptions() {
        return options;
    }

    @Override
    public String toString() {
        return "DurableHandlerBean(" + target.getName() + ")";
    }
}
