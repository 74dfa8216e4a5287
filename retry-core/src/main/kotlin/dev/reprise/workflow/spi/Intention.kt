package dev.reprise.workflow.spi

/** What the engine intends to do with an atom. Decisions change only intentions; the engine then does what state and intention allow. */
public enum class Intention {
    /** It will run. */
    EXECUTE,

    /** It will be reverted, if it ran. */
    REVERT,

    /** A controller: when everything after it is reverted, another attempt starts. */
    RETRY,

    /** It will be skipped. */
    IGNORE,
}
