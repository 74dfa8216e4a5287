package dev.reprise.interop;

/**
 * Throws what the compiler would not let pass: a failure leaves as it was thrown, whatever its
 * class.
 */
final class Sneaky {
    private Sneaky() {}

    /** Never returns; the type lets the caller write {@code throw}. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <X extends Throwable> RuntimeException raise(Throwable failure) throws X {
        throw (X) failure;
    }
}
