package dev.reprise.spring;

import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.queue.model.Target;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * Creates targets whose requests and responses are stored as JSON, with the codecs that {@link
 * DurableHandler} uses. The bean of this type writes with the Jackson of the application, 3 or 2;
 * declare another one for another library.
 *
 * <pre>{@code
 * @Bean
 * Target<Order, Receipt> charge(JsonTargets json) {
 *     return json.of("charge", Order.class, Receipt.class);
 * }
 * }</pre>
 */
public interface JsonTargets {
    /**
     * {@return the codec of a type, stored as {@code json}}
     *
     * @param <T> the type
     * @param type with its type arguments, if it has some
     */
    <T extends @Nullable Object> PayloadCodec<T> codec(Type type);

    /**
     * {@return a target}
     *
     * @param <Q> the type of the requests
     * @param <R> the type of the responses
     * @param name of the handler
     * @param request the type of the requests
     * @param response the type of the responses; {@code Void} for none
     */
    @SuppressWarnings("unchecked") // Without a response, R is Void.
    default <Q, R extends @Nullable Object> Target<Q, R> of(
            String name, Class<Q> request, Class<R> response) {
        PayloadCodec<R> responses =
                response == Void.class
                        ? (PayloadCodec<R>) PayloadCodec.none()
                        : this.<R>codec(response);
        return new Target<>(name, this.<Q>codec(request), responses);
    }
}
