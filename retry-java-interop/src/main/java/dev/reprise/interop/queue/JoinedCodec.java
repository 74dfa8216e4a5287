package dev.reprise.interop.queue;

import org.jspecify.annotations.Nullable;

/** A codec made of two functions. */
record JoinedCodec<T extends @Nullable Object>(
        String name, CallCodec.Encoder<T> encoder, CallCodec.Decoder<T> decoder)
        implements CallCodec<T> {
    @Override
    public byte[] encode(T value) throws Exception {
        return encoder.encode(value);
    }

    @Override
    public T decode(byte[] bytes, int version) throws Exception {
        return decoder.decode(bytes);
    }

    @Override
    public String toString() {
        return "CallCodec(" + name + ")";
    }
}
