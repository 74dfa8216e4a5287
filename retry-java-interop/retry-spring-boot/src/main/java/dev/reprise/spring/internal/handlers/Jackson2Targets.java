package dev.reprise.spring.internal.handlers;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.spring.JsonTargets;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/** JSON as Jackson 2 writes it. */
record Jackson2Targets(ObjectMapper mapper) implements JsonTargets {
    @Override
    public <T extends @Nullable Object> PayloadCodec<T> codec(Type type) {
        JavaType known = mapper.getTypeFactory().constructType(type);
        return PayloadCodec.of(
                "json",
                value -> mapper.writerFor(known).writeValueAsBytes(value),
                bytes -> mapper.readValue(bytes, known));
    }
}
