package dev.reprise.internal.workflow.engine

import dev.reprise.workflow.model.AttemptList
import dev.reprise.workflow.model.ControllerAttempt
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.sameIn

/**
 * Copies of the histories of one run with other values and other failures. Of a history that has grown since it was copied last, only the new part is
 * converted. For one writer at a time.
 */
internal class HistoryCopies(
    private val value: (atom: String, Any?) -> Any?,
    private val failure: (Throwable) -> Throwable,
) {
    private class Copy(
        val original: List<ControllerAttempt>,
        val copied: AttemptList,
    )

    private val copies = HashMap<String, Copy>()

    fun of(
        atom: String,
        history: ControllerHistory,
    ): ControllerHistory {
        val attempts = copyOf(atom, history.attempts)
        copies[atom] = Copy(history.attempts, attempts)
        return ControllerHistory(attempts, history.ownFailure?.let(failure))
    }

    private fun copyOf(
        atom: String,
        now: List<ControllerAttempt>,
    ): AttemptList {
        val before = copies[atom] ?: Copy(emptyList(), AttemptList.of(emptyList()))
        val same = sameIn(before.original, now)
        var copied = before.copied
        if (same < before.original.size) {
            // Nearly always it is the last one that has changed, and it has not been replaced by a shorter list.
            val isLast = same == before.original.size - 1 && same < now.size
            copied = if (isLast) copied.withLast(changed(atom, before, now[same])) else AttemptList.of(copied.take(same))
        }
        for (i in copied.size until now.size) copied = copied.with(copyOf(atom, now[i], null, now[i].failures.entries))
        return copied
    }

    private fun changed(
        atom: String,
        before: Copy,
        now: ControllerAttempt,
    ): ControllerAttempt {
        val more = now.failuresSince(before.original.last()) ?: return copyOf(atom, now, null, now.failures.entries)
        return copyOf(atom, now, before.copied.last(), more)
    }

    private fun copyOf(
        atom: String,
        attempt: ControllerAttempt,
        copied: ControllerAttempt?,
        more: Collection<Map.Entry<String, Throwable>>,
    ) = attempt.copy(value(atom, attempt.value), copied, more.associate { it.key to failure(it.value) }.entries)
}
