package dev.reprise.workflow.spi

/** What the engine means to do with an atom. Decisions change intentions only; the engine then does what state and intention allow. */
public enum class Intention {
    /** It is to run. */
    EXECUTE,

    /** It is to be reverted, if it ran. */
    REVERT,

    /** A controller: when all after it is reverted, another attempt begins. */
    RETRY,

    /** It is to be skipped. */
    IGNORE,
}
