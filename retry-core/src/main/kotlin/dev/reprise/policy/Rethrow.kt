package dev.reprise.policy

/** Which failure a run throws when it gives up. */
public enum class Rethrow {
    /** The failure of the last attempt. */
    LAST,

    /** The failure of the first attempt. */
    FIRST,
}
