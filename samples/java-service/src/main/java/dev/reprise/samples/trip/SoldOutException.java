package dev.reprise.samples.trip;

/** There is nothing left of what was asked for. */
final class SoldOutException extends Exception {
    private static final long serialVersionUID = 1;

    SoldOutException(String message) {
        super(message);
    }
}
