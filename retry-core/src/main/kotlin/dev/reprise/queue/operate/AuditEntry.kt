package dev.reprise.queue.operate

import java.time.Instant
import java.util.Objects

/** What an operator did. */
public class AuditEntry internal constructor(
    /** The id of the entry. */
    public val id: String,
    /** When it was started, on the clock of the store. */
    public val at: Instant,
    /** Who did it. */
    public val actor: Actor,
    /** What was done: the text of an [OperatorAction], or `pause`, `resume`, `reveal`, `undo`. */
    public val action: String,
    /** To what: the text of a [CallQuery], of a lane, or of a call id. */
    public val query: String,
    /** Why; null if no reason was given. */
    public val reason: String?,
    /** How many calls matched so far. */
    public val matched: Int,
    /** How many of them were changed so far. */
    public val changed: Int,
    /** How far it is. */
    public val state: State,
) {
    /** How far an action is. */
    public enum class State {
        /** It has started, and can still continue. */
        STARTED,

        /** It went through all that match. */
        DONE,

        /** It stopped at its limit; the cursor of its result continues it. */
        LIMITED,

        /** It was started and wrote nothing for two minutes: its process died, or the store went away. What it had changed by then stays. */
        BROKEN_OFF,
    }

    internal fun at(at: Instant) = AuditEntry(id, at, actor, action, query, reason, matched, changed, state)

    internal fun copy(
        matched: Int = this.matched,
        changed: Int = this.changed,
        state: State = this.state,
    ) = AuditEntry(id, at, actor, action, query, reason, matched, changed, state)

    private fun values() = listOf(id, at, actor, action, query, reason, matched, changed, state)

    override fun equals(other: Any?): Boolean = other is AuditEntry && values() == other.values()

    override fun hashCode(): Int = Objects.hash(id, matched, state)

    override fun toString(): String = "$at $actor: $action $query: $changed of $matched, $state" + (reason?.let { " ($it)" } ?: "")

    public companion object {
        /** An entry, for implementations of a store and for tests. */
        @JvmStatic
        public fun of(
            id: String,
            at: Instant,
            actor: Actor,
            action: String,
            query: String,
            reason: String?,
            matched: Int,
            changed: Int,
            state: State,
        ): AuditEntry = AuditEntry(id, at, actor, action, query, reason, matched, changed, state)
    }
}
