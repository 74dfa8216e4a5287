package dev.reprise.queue.model

import java.util.Objects

/** Why a call is not running, or where it is: [reason] for programs, [text] for people. */
public class Diagnosis internal constructor(
    /** The reason in one word. */
    public val reason: Reason,
    /** The reason in a sentence. */
    public val text: String,
) {
    /** The reasons there are. */
    public enum class Reason {
        /** There is no such call. */
        UNKNOWN,

        /** It has ended. */
        ENDED,

        /** It is running. */
        RUNNING,

        /** Its worker died; another one will take it over. */
        ORPHANED,

        /** It is behind another call of the same order. */
        BEHIND,

        /** It is behind a dead call of the same order. */
        BLOCKED,

        /** It is not due. */
        NOT_DUE,

        /** Its lane is paused. */
        PAUSED,

        /** No handler of this name is registered in this process; other processes can have one. */
        NO_HANDLER,

        /** This process cannot read its policy, for example because a class is missing; other processes can. */
        UNREADABLE_POLICY,

        /** It is due and waits for a free worker. */
        WAITING,
    }

    override fun equals(other: Any?): Boolean = other is Diagnosis && reason == other.reason && text == other.text

    override fun hashCode(): Int = Objects.hash(reason, text)

    override fun toString(): String = "Diagnosis($reason: $text)"

    public companion object {
        /** A diagnosis, for implementations of [CallQueue]. */
        @JvmStatic
        public fun of(
            reason: Reason,
            text: String,
        ): Diagnosis = Diagnosis(reason, text)
    }
}
