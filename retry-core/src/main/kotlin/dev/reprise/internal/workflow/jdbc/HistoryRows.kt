package dev.reprise.internal.workflow.jdbc

import dev.reprise.workflow.model.ControllerAttempt
import dev.reprise.workflow.model.sameIn
import dev.reprise.workflow.spi.TaskRecord

/** The attempts of the controllers of one run as rows: only what has changed since it was last saved becomes a row. */
internal class HistoryRows(
    private val tasks: TaskTable,
    private val run: String,
) {
    private class AttemptRows(
        var attempt: List<Any?>,
        val failures: ArrayList<List<Any?>> = ArrayList(),
    )

    /** What is to be written for one controller: attempts by their numbers, after those from the number [forgottenFrom] on are deleted. */
    class Change(
        val atom: String,
        val now: List<ControllerAttempt>,
        val forgottenFrom: Int?,
        val attempts: List<List<Any?>>,
        val failures: List<List<List<Any?>>>,
        val firstNumber: Int,
    )

    private val saved = HashMap<String, List<ControllerAttempt>>()
    private val pending = LinkedHashMap<Pair<String, Int>, AttemptRows>()
    private val deleted = HashMap<String, Int>()

    val size: Int get() = pending.size
    val attempts: List<List<Any?>> get() = pending.values.map { it.attempt }
    val failures: List<List<Any?>> get() = pending.values.flatMap { it.failures }

    /** By the name of the controller: the number of the first attempt that is deleted. */
    val forgotten: Map<String, Int> get() = HashMap(deleted)

    /** The attempts of [record], as the database has them. */
    fun restored(record: TaskRecord) {
        record.history?.let { saved[record.name] = it.attempts }
    }

    /** What has changed in [record]; null for a task. Values are encoded here, so it can throw. */
    fun changeOf(record: TaskRecord): Change? {
        val now = record.history?.attempts ?: return null
        val before = saved[record.name].orEmpty()
        val same = sameIn(now, before)
        val more = moreOf(now, before, same)
        val isReplaced = same < before.size && more == null
        val changed = now.subList(same, now.size)
        return Change(
            record.name,
            now,
            forgottenFrom = if (isReplaced) same + 1 else null,
            attempts = changed.mapIndexed { i, it -> tasks.row(run, record.name, same + i + 1, it) },
            failures =
                changed.mapIndexed { i, it ->
                    val new = if (i == 0 && !isReplaced && more != null) more else it.failures.entries.toList()
                    tasks.failureRows(run, record.name, same + i + 1, it.failures.size - new.size, new)
                },
            firstNumber = same + 1,
        )
    }

    /** The failures that the first attempt that differs has in addition to what is saved of it; null if it has others, or is not the last one. */
    private fun moreOf(
        now: List<ControllerAttempt>,
        before: List<ControllerAttempt>,
        same: Int,
    ): List<Map.Entry<String, Throwable>>? = if (same == before.size - 1 && same < now.size) now[same].failuresSince(before[same]) else null

    fun add(change: Change) {
        val before = saved.put(change.atom, change.now).orEmpty().size
        change.forgottenFrom?.let { from ->
            for (number in from..before) pending -= change.atom to number
            deleted.merge(change.atom, from, ::minOf)
        }
        change.attempts.forEachIndexed { i, row ->
            val rows = pending.getOrPut(change.atom to change.firstNumber + i) { AttemptRows(row) }
            rows.attempt = row
            rows.failures.addAll(change.failures[i])
        }
    }

    /** Everything is written. */
    fun clear() {
        pending.clear()
        deleted.clear()
    }
}
