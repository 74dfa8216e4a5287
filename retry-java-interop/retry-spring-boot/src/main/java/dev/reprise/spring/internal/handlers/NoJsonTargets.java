package dev.reprise.spring.internal.handlers;

import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.spring.JsonTargets;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/** Says what is missing. */
final class NoJsonTargets implements JsonTargets {
    @Override
    public <T extends @Nullable Object> PayloadCodec<T> codec(Type type) {
        throw new ConfigurationMistake(
                ("there is no codec for %s: add Jackson, or declare a bean of type JsonTargets, or"
                                + " one of type Target with the name of the handler")
                        .formatted(type.getTypeName()));
    }
}
