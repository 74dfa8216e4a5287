package dev.reprise.spring.internal.handlers;

import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.spring.JsonTargets;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectMapper;

/** JSON as Jackson 3 writes it. */
record Jackson3Targets(ObjectMapper mapper) implements JsonTargets {
    @Override
    public <T extends @Nullable Object> PayloadCodec<T> codec(Type type) {
        JavaType known = mapper.getTypeFactory().constructType(type);
        return PayloadCodec.of(
                "json",
                value -> mapper.writerFor(known).writeValueAsBytes(value),
                bytes -> mapper.readValue(bytes, known));
    }
}
