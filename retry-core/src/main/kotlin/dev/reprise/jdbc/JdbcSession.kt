package dev.reprise.jdbc

import java.sql.Connection
import java.sql.PreparedStatement
import java.sql.ResultSet
import java.sql.Types

/** Statements on one connection, each with a time limit. It blocks, and neither commits nor closes. */
internal class JdbcSession(
    val connection: Connection,
    private val timeoutSeconds: Int,
) {
    /** Runs a statement that changes rows; returns how many. */
    fun update(
        sql: String,
        vararg values: Any?,
    ): Int = prepared(sql) { it.bind(values).executeUpdate() }

    /** Runs [sql] once for each of [rows], in few round trips; returns for each how many rows it changed. */
    fun batch(
        sql: String,
        rows: List<List<Any?>>,
    ): IntArray {
        if (rows.isEmpty()) return IntArray(0)
        return prepared(sql) { statement ->
            rows.forEach { statement.bind(it.toTypedArray()).addBatch() }
            statement.executeBatch()
        }
    }

    /** The rows of a query, or of a statement that returns what it changed. */
    fun <T> query(
        sql: String,
        vararg values: Any?,
        read: (ResultSet) -> T,
    ): List<T> =
        prepared(sql) { statement ->
            statement.bind(values).executeQuery().use { rows ->
                val all = ArrayList<T>()
                while (rows.next()) all += read(rows)
                all
            }
        }

    /** The first row of a query; null if there is none. */
    fun <T> first(
        sql: String,
        vararg values: Any?,
        read: (ResultSet) -> T,
    ): T? = query(sql, *values, read = read).firstOrNull()

    /** Runs statements without parameters, which stand one after the other in [script], ended by semicolons. */
    fun script(script: String) {
        connection.createStatement().use { statement ->
            script
                .split(';')
                .map { it.trim() }
                .filter { it.isNotEmpty() }
                .forEach { statement.execute(it) }
        }
    }

    private inline fun <T> prepared(
        sql: String,
        run: (PreparedStatement) -> T,
    ): T =
        connection.prepareStatement(sql).use { statement ->
            statement.queryTimeout = timeoutSeconds
            run(statement)
        }

    private fun PreparedStatement.bind(values: Array<out Any?>): PreparedStatement {
        values.forEachIndexed { i, value -> bind(i + 1, value) }
        return this
    }

    private fun PreparedStatement.bind(
        at: Int,
        value: Any?,
    ) {
        when (value) {
            null -> setNull(at, Types.NULL)
            is Long -> setLong(at, value)
            is Int -> setInt(at, value)
            is Double -> setDouble(at, value)
            is String -> setString(at, value)
            is ByteArray -> setBytes(at, value)
            is Texts -> setArray(at, connection.createArrayOf("text", value.all.toTypedArray()))
            is Numbers -> setArray(at, connection.createArrayOf("int4", value.all.toTypedArray()))
            else -> error("no way to bind ${value.javaClass}")
        }
    }
}

/** Texts handed over as one array. */
internal class Texts(
    val all: List<String>,
)

/** Numbers handed over as one array. */
internal class Numbers(
    val all: List<Int>,
)

/** The number in [column]; null if there is none. */
internal fun ResultSet.longOrNull(column: String): Long? = getLong(column).takeUnless { wasNull() }

/** The number in [column]; null if there is none. */
internal fun ResultSet.intOrNull(column: String): Int? = getInt(column).takeUnless { wasNull() }
