package dev.reprise.policy

/** Which failure leaves a run that gave up. */
public enum class Rethrow {
    /** The failure of the last attempt. */
    Last,

    /** The failure of the first attempt. */
    First,
}
