package dev.reprise.benchmarks.console

import java.sql.Connection
import javax.sql.DataSource

/** Copies rows inside a database, which is how a million calls are made in seconds. */
class CopiedRows(
    private val source: DataSource,
) {
    /** Adds a copy of the row of [cid] for each number `n` from 0 to [count] that meets [condition], with [values] in place of its own. */
    fun copy(
        table: String,
        cid: String,
        values: Map<String, String>,
        count: Int,
        condition: String,
    ) {
        val columns = source.connection.use { columnsOf(it, table) }
        val copied = columns.joinToString { values[it] ?: it }
        execute(
            "INSERT INTO reprise_$table (${columns.joinToString()}) ${numbers(count)} " +
                "SELECT $copied FROM reprise_$table, g WHERE cid = '$cid' AND ($condition)",
        )
    }

    private fun columnsOf(
        connection: Connection,
        table: String,
    ): List<String> =
        connection.createStatement().use { statement ->
            statement.executeQuery("SELECT * FROM reprise_$table LIMIT 1").use { row ->
                (1..row.metaData.columnCount).map(row.metaData::getColumnName)
            }
        }

    fun execute(sql: String) {
        source.connection.use { connection -> connection.createStatement().use { it.execute(sql) } }
    }

    /** As a database in use is: with statistics, and without traces of the copies. */
    fun analyze() {
        val isSqlite = source.connection.use { it.metaData.databaseProductName == "SQLite" }
        execute(if (isSqlite) "ANALYZE" else "VACUUM ANALYZE")
        if (!isSqlite) execute("CHECKPOINT")
    }

    companion object {
        /** The numbers `n` from 0, so many, as the table `g`. */
        fun numbers(count: Int) = "WITH RECURSIVE g(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM g WHERE n + 1 < $count)"
    }
}
