package dev.reprise.interop;

import java.lang.reflect.UndeclaredThrowableException;

/**
 * A checked exception of a proxied method that does not declare it; the exception is the cause.
 *
 * <p>A Java proxy cannot throw such an exception unchanged. It happens with the {@link
 * InterruptedException} and the {@link java.util.concurrent.TimeoutException} of a run, and with
 * targets in languages that do not check exceptions, such as Kotlin. To get the exception itself,
 * declare it on the method: in Kotlin with {@code @Throws}. A run around the proxy retries it by
 * its cause.
 */
public final class UncheckedFailureException extends UndeclaredThrowableException {
    private static final long serialVersionUID = 1;

    UncheckedFailureException(Throwable cause) {
        super(cause, cause.toString());
    }
}
