package dev.reprise.interop;

import java.lang.reflect.UndeclaredThrowableException;

/**
 * A checked exception of a proxied method that does not declare it; the exception is the cause.
 *
 * <p>Java code can catch an exception only if it is declared. It happens with the {@link
 * InterruptedException} and the {@link java.util.concurrent.TimeoutException} of a run, and with
 * targets in languages that do not check exceptions, such as Kotlin. To get the exception itself,
 * declare it on the method. Proxies of Kotlin interfaces throw the exception itself. A run around
 * the proxy retries it by its cause.
 */
public final class UncheckedFailureException extends UndeclaredThrowableException {
    private static final long serialVersionUID = 1;

    UncheckedFailureException(Throwable cause) {
        super(cause, cause.toString());
    }
}
