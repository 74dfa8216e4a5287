package dev.reprise.kafka.kill

/**
 * What has to be true of the [log] of consumers that were killed. [calls] are the records that are calls, each with true if it succeeded, and
 * false if it is dead; [keys] has the key of each record, in the order of their offsets.
 */
internal class KillChecker(
    private val log: List<String>,
    private val calls: Map<String, Boolean>,
    private val keys: Map<String, String>,
) {
    private class Done(
        val at: Int,
        val process: String,
        val isCall: Boolean,
    )

    private val done: Map<String, List<Done>> =
        log
            .withIndex()
            .filter { " done " in it.value }
            .groupBy({ it.value.substringAfterLast(' ') }) { (at, line) -> Done(at, line.substringBefore(' '), " call " in line) }

    private val excuses: Map<String, List<Int>> =
        log
            .withIndex()
            .filter { it.value == RESTART || it.value.endsWith(" rebalance") }
            .groupBy({ it.value }) { it.index }
            .withDefault { emptyList() }

    fun faults(): List<String> = missing() + disorder() + repeated()

    private fun missing() = keys.keys.filter { it !in done && calls[it] != false }.map { "$it was neither handled nor is it dead" }

    /**
     * The completion of a record that counts: that of its call, if it is one; otherwise the last one in place, since what is committed is not handled
     * again. Those of a key have to be in the order of its offsets.
     */
    private fun disorder(): List<String> =
        keys.keys.groupBy { keys[it] }.flatMap { (key, records) ->
            val accepted = records.mapNotNull { record -> accepted(record)?.let { record to it.at } }
            accepted.zipWithNext().filter { (earlier, later) -> earlier.second >= later.second }.map { (earlier, later) ->
                "of key $key, ${later.first} was completed before ${earlier.first}"
            }
        }

    private fun accepted(record: String): Done? = done[record]?.lastOrNull { it.isCall == record in calls } ?: done[record]?.lastOrNull()

    /**
     * Handled twice only if the process that did it first was killed after that, or its partitions were distributed again, or the database was
     * restarted.
     */
    private fun repeated(): List<String> =
        done.flatMap { (record, times) ->
            times
                .zipWithNext()
                .filter { (first, second) -> first.process == second.process && excuses(first.process).none { it in first.at..second.at } }
                .map { "$record was handled twice by ${it.first.process}" }
        }

    private fun excuses(process: String): List<Int> = excuses.getValue("$process rebalance") + excuses.getValue(RESTART)

    companion object {
        /** The line of a restart of the database. */
        const val RESTART = "database restarts"
    }
}
