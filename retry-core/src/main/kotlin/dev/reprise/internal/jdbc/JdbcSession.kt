package dev.reprise.internal.jdbc

import java.sql.Connection
import java.sql.PreparedStatement
import java.sql.ResultSet
import java.sql.Types

/** Statements on one connection, each with a time limit (zero: none). It blocks, and neither commits nor closes. */
internal class JdbcSession(
    val connection: Connection,
    private val timeoutSeconds: Int,
) {
    private var afterCommit = emptyList<() -> Unit>()

    /** Runs [work] after the commit of what the store writes, and never after a rollback. */
    fun afterCommit(work: () -> Unit) {
        afterCommit = afterCommit + work
    }

    /** The transaction is committed, or the statements are. */
    fun committed() {
        afterCommit.forEach { it() }
    }

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
    ): List<T> = prepared(sql) { it.bind(values).executeQuery().readAll(read) }

    /** The same, sent together with a query [first] that is made before it, in one transaction and one round trip. */
    fun <T> queryBehind(
        first: String,
        sql: String,
        vararg values: Any?,
        read: (ResultSet) -> T,
    ): List<T> =
        prepared("$first; $sql") { statement ->
            statement.bind(values).execute()
            check(statement.moreResults) { "the database returned only the result of '$first'" }
            statement.resultSet.readAll(read)
        }

    /** The same, sent one after the other, in one transaction. */
    fun <T> queryAfter(
        first: String,
        sql: String,
        vararg values: Any?,
        read: (ResultSet) -> T,
    ): List<T> {
        if (!connection.autoCommit) return query(first) {}.let { query(sql, *values, read = read) }
        connection.autoCommit = false
        try {
            query(first) {}
            return query(sql, *values, read = read).also { connection.commitConfirmed() }
        } catch (e: Throwable) {
            e.alsoTry { connection.rollback() }
            throw e
        } finally {
            if (!connection.isClosed) connection.autoCommit = true
        }
    }

    private fun <T> ResultSet.readAll(read: (ResultSet) -> T): List<T> =
        use {
            val all = ArrayList<T>()
            while (next()) all += read(this)
            all
        }

    /** The first row of a query; null if there is none. */
    fun <T> first(
        sql: String,
        vararg values: Any?,
        read: (ResultSet) -> T,
    ): T? = query(sql, *values, read = read).firstOrNull()

    /** Runs the statements of [script], which have no parameters and end with semicolons. */
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
        if (connection is StatementCache) {
            run(connection.statement(sql).limited())
        } else {
            // Outside a transaction, the statement is committed.
            connection.prepareStatement(sql).use { statement -> run(statement.limited()).also { statement.warnings.requireConfirmed() } }
        }

    private fun PreparedStatement.limited() = apply { if (timeoutSeconds > 0) queryTimeout = timeoutSeconds }

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
            is Column -> setArray(at, connection.createArrayOf(value.type, value.elements()))
            else -> error("cannot bind ${value.javaClass}")
        }
    }
}

/** Values of the database type [type], passed as one array. */
internal class Column(
    val type: String,
    private val values: List<Any?>,
) {
    /** An array of the matching Java type: the driver sends those in binary, and all others as text. */
    fun elements(): Array<out Any?> =
        when (type) {
            "text" -> Array(values.size) { values[it] as String? }
            "int4" -> Array(values.size) { values[it] as Int? }
            "int8" -> Array(values.size) { values[it] as Long? }
            "float8" -> Array(values.size) { values[it] as Double? }
            "bytea" -> Array(values.size) { values[it] as ByteArray? }
            else -> error("cannot pass an array of $type")
        }
}

/** The number in [column]; null if there is none. */
internal fun ResultSet.longOrNull(column: String): Long? = getLong(column).takeUnless { wasNull() }

/** The number in [column]; null if there is none. */
internal fun ResultSet.intOrNull(column: String): Int? = getInt(column).takeUnless { wasNull() }
