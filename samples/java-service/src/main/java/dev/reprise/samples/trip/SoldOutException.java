package dev.reprise.samples.trip;

/** The requested thing is sold out. */
final class SoldOutException extends Exception {
    private static final long serialVersionUID = 1;

    SoldOutException(String message) {
        super(message);
    }
}
