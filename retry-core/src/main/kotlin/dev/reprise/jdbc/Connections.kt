package dev.reprise.jdbc

import java.sql.Connection
import java.sql.SQLException
import java.util.concurrent.locks.ReentrantLock
import javax.sql.DataSource
import kotlin.concurrent.withLock

/** Where connections come from, and how a transaction begins and ends on them. */
internal interface Connections : AutoCloseable {
    fun <T> transaction(work: (Connection) -> T): T

    /** Every statement is a transaction of its own. */
    fun <T> single(work: (Connection) -> T): T
}

/** Takes a connection from [source] for each transaction and gives it back as it was. */
internal class PooledConnections(
    private val source: DataSource,
) : Connections {
    override fun <T> transaction(work: (Connection) -> T): T =
        source.connection.use { connection ->
            val before = connection.autoCommit
            connection.autoCommit = false
            try {
                work(connection).also { connection.commit() }
            } catch (e: Throwable) {
                e.alsoTry { connection.rollback() }
                throw e
            } finally {
                connection.autoCommit = before
            }
        }

    override fun <T> single(work: (Connection) -> T): T =
        source.connection.use { connection ->
            val before = connection.autoCommit
            if (!before) connection.autoCommit = true
            try {
                work(connection)
            } finally {
                if (!before) connection.autoCommit = false
            }
        }

    override fun close(): Unit = Unit
}

/**
 * Keeps one connection for everything, as SQLite wants it: one writer, its settings made once, and transactions that take the write lock
 * when they begin, so that none fails in its midst because another process wrote meanwhile.
 */
internal class OneConnection(
    private val source: DataSource,
    private val settings: List<String>,
) : Connections {
    private val lock = ReentrantLock()
    private var connection: Connection? = null
    private var isClosed = false

    override fun <T> transaction(work: (Connection) -> T): T =
        single { connection ->
            connection.execute("BEGIN IMMEDIATE")
            try {
                work(connection).also { connection.execute("COMMIT") }
            } catch (e: Throwable) {
                e.alsoTry { connection.execute("ROLLBACK") }
                throw e
            }
        }

    override fun <T> single(work: (Connection) -> T): T = lock.withLock { work(opened()) }

    private fun opened(): Connection {
        if (isClosed) throw SQLException("the store is closed", CLOSED_STATE)
        connection?.takeUnless { it.isClosed }?.let { return it }
        val fresh = source.connection
        try {
            fresh.autoCommit = true
            settings.forEach { fresh.execute(it) }
        } catch (e: Throwable) {
            e.alsoTry { fresh.close() }
            throw e
        }
        return fresh.also { connection = it }
    }

    override fun close() {
        lock.withLock {
            isClosed = true
            connection?.close()
            connection = null
        }
    }

    private fun Connection.execute(sql: String) {
        createStatement().use { it.execute(sql) }
    }

    private companion object {
        /** That of SQL for a connection that does not exist. */
        const val CLOSED_STATE = "08003"
    }
}

/** Runs [code]; what it throws is kept beside this failure. */
private inline fun Throwable.alsoTry(code: () -> Unit) {
    try {
        code()
    } catch (e: Exception) {
        addSuppressed(e)
    }
}
