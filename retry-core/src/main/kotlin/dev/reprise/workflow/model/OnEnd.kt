package dev.reprise.workflow.model

/** What becomes of the run of a durable workflow whose call was cancelled, expired, or used up its policy. */
public enum class OnEnd {
    /** It is undone, by a durable call of its own. */
    UNDO,

    /** It stays as it is. */
    KEEP,
}
