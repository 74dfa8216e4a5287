package dev.reprise.interop;

/**
 * A checked exception left a wrapped method that does not declare it; it is the cause.
 *
 * <p>Java lets no proxy throw it as it is. It happens with the run's own {@link
 * InterruptedException} and {@link java.util.concurrent.TimeoutException}, and with targets written
 * in languages that do not check exceptions. Declare it on the method to get it as it is.
 */
public final class UncheckedFailureException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UncheckedFailureException(Throwable cause) {
        super(cause);
    }
}
