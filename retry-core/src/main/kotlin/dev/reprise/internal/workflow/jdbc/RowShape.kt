package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.Column

/** The rows of one table: names and types of their columns, of which the first [keys] are the primary key. */
internal class RowShape(
    private val table: String,
    private val keys: Int,
    private val columns: List<Pair<String, String>>,
) {
    private val names = columns.map { it.first }
    private val conflict =
        "ON CONFLICT (${names.take(keys).joinToString()}) DO UPDATE SET ${names.drop(keys).joinToString { "$it = excluded.$it" }}"

    /** The columns that a reader needs besides the run. */
    val readColumns: String = names.drop(1).joinToString()

    /** Writes one row. */
    val write: String = "INSERT INTO {p}$table (${names.joinToString()}) VALUES (${names.joinToString { "?" }}) $conflict"

    /** Writes the rows of [table] whose owner is among those of `mine`; its parameters are [arrays]. */
    val writeMine: String =
        "INSERT INTO {p}$table (${names.joinToString()}) SELECT ${names.joinToString { "v.v_$it" }} " +
            "FROM ${rowsOf(listOf("owner" to "text") + columns)} JOIN mine ON mine.owner = v.v_owner $conflict"

    private val placeholders = columns.joinToString(prefix = "(", postfix = ")") { "?::${it.second}" }

    /**
     * Writes [count] rows if there is a row of `mine`; its parameters are the values of the rows. For few rows this takes a fraction of the time that
     * [writeMine] takes.
     */
    fun writeFew(count: Int): String {
        val rows = List(count) { placeholders }.joinToString()
        return "INSERT INTO {p}$table (${names.joinToString()}) SELECT v.* FROM (VALUES $rows) AS v, mine $conflict"
    }

    /** The columns of [rows], each row behind its owner. */
    fun arrays(rows: List<Pair<String, List<Any?>>>): List<Column> =
        listOf(Column("text", rows.map { it.first })) + columns.mapIndexed { i, (_, type) -> Column(type, rows.map { it.second[i] }) }

    companion object {
        /** Arrays as rows of the table `v`. */
        fun rowsOf(columns: List<Pair<String, String>>): String =
            "unnest(${columns.joinToString { "?::${it.second}[]" }}) AS v (${columns.joinToString { "v_${it.first}" }})"
    }
}
