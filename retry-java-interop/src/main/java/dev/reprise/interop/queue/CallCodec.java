package dev.reprise.interop.queue;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Turns values into bytes and back. Its name and the version of the data are stored with every
 * call, so that a call is read by the codec that wrote it, years later as well.
 *
 * <pre>{@code
 * CallCodec<Order> json = CallCodec.of(
 *         "json", mapper::writeValueAsBytes, bytes -> mapper.readValue(bytes, Order.class));
 * }</pre>
 *
 * @param <T> the values
 */
public interface CallCodec<T extends @Nullable Object> {
    /**
     * What is stored with a call.
     *
     * @return at most 100 characters; {@code text} and {@code json} say that the bytes are text in
     *     UTF-8, which callbacks then see as it is
     */
    String name();

    /**
     * Writes a value.
     *
     * @param value a request or a response
     * @return its bytes
     * @throws Exception if it cannot be written: nothing is enqueued then, or the attempt fails
     */
    byte[] encode(T value) throws Exception;

    /**
     * Reads a value.
     *
     * @param bytes what some earlier version of the program wrote
     * @param version the version of the {@link CallTarget} it was written for
     * @return the value
     * @throws Exception if it cannot be read, which is a failure of the attempt like any other
     */
    T decode(byte[] bytes, int version) throws Exception;

    /**
     * Text in UTF-8.
     *
     * @return the codec {@code text}
     */
    static CallCodec<String> text() {
        return of(
                "text",
                text -> text.getBytes(StandardCharsets.UTF_8),
                bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    /**
     * The bytes themselves.
     *
     * @return the codec {@code bytes}
     */
    static CallCodec<byte[]> bytes() {
        return of("bytes", bytes -> bytes, bytes -> bytes);
    }

    /**
     * No value at all: for handlers that take or return nothing.
     *
     * @return the codec {@code none}
     */
    static CallCodec<@Nullable Void> none() {
        return QueueBridge.none();
    }

    /**
     * Joins two functions. What the codec reads has no versions then.
     *
     * @param <T> the values
     * @param name what is stored with a call
     * @param encoder writes a value
     * @param decoder reads a value
     * @return the codec
     */
    static <T extends @Nullable Object> CallCodec<T> of(
            String name, Encoder<T> encoder, Decoder<T> decoder) {
        return new JoinedCodec<>(
                Objects.requireNonNull(name, "name"),
                Objects.requireNonNull(encoder, "encoder"),
                Objects.requireNonNull(decoder, "decoder"));
    }

    /**
     * Writes values.
     *
     * @param <T> the values
     */
    @FunctionalInterface
    interface Encoder<T extends @Nullable Object> {
        /**
         * Writes a value.
         *
         * @param value the value
         * @return its bytes
         * @throws Exception if it cannot be written
         */
        byte[] encode(T value) throws Exception;
    }

    /**
     * Reads values.
     *
     * @param <T> the values
     */
    @FunctionalInterface
    interface Decoder<T extends @Nullable Object> {
        /**
         * Reads a value.
         *
         * @param bytes its bytes
         * @return the value
         * @throws Exception if it cannot be read
         */
        T decode(byte[] bytes) throws Exception;
    }
}
