package dev.reprise.internal.queue.operate

import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.Page

/** An action writes its entry with each page; this long after the last one it does not continue. */
private const val BROKEN_OFF_AFTER_MILLIS = 120_000L

/** The entry as it is at [now], when it was last written at [writtenAt]: an action whose process died has broken off. */
internal fun AuditEntry.seenAt(
    now: Long,
    writtenAt: Long,
): AuditEntry {
    val isBrokenOff = state == AuditEntry.State.STARTED && now - writtenAt >= BROKEN_OFF_AFTER_MILLIS
    return if (isBrokenOff) copy(state = AuditEntry.State.BROKEN_OFF) else this
}

/** The pages of the audit, which begin after the id of an entry. */
internal object AuditCursor {
    private const val PREFIX = "audit."

    /** The id that [cursor] stands for. @throws IllegalArgumentException if it is of another list. */
    fun read(cursor: Cursor): String {
        val text = cursor.toString()
        require(text.startsWith(PREFIX)) {
            "the cursor '$text' is not one of the audit: pass the cursor of a page of it, or start from the beginning"
        }
        return text.removePrefix(PREFIX)
    }

    /** The first [limit] of [entries], of which there is one more if there are more. */
    fun page(
        entries: List<AuditEntry>,
        limit: Int,
    ): Page<AuditEntry> {
        val items = entries.take(limit)
        return Page(items, if (entries.size > limit) Cursor.of(PREFIX + items.last().id) else null, isComplete = true)
    }
}
