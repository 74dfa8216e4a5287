package dev.reprise.internal.jdbc

import java.sql.Connection
import java.sql.SQLException
import java.util.concurrent.locks.ReentrantLock
import javax.sql.DataSource
import kotlin.concurrent.withLock

/** Supplies connections, and starts and ends transactions on them. [StartGate.start] is called as soon as there is one. */
internal interface Connections : AutoCloseable {
    fun <T> transaction(
        start: StartGate,
        work: (Connection) -> T,
    ): T

    /** Every statement is its own transaction. */
    fun <T> single(
        start: StartGate,
        work: (Connection) -> T,
    ): T
}

/** Starts and ends transactions as the JDBC drivers of servers do: by turning auto-commit off. */
internal abstract class AutoCommitConnections : Connections {
    /** Runs [work] on a connection with this [autoCommit]; what it throws ends the transaction of that connection. */
    protected abstract fun <T> used(
        start: StartGate,
        autoCommit: Boolean,
        work: (Connection) -> T,
    ): T

    override fun <T> transaction(
        start: StartGate,
        work: (Connection) -> T,
    ): T =
        used(start, autoCommit = false) { connection ->
            try {
                work(connection).also { connection.commitConfirmed() }
            } catch (e: Throwable) {
                e.alsoTry { connection.rollback() }
                throw e
            }
        }

    override fun <T> single(
        start: StartGate,
        work: (Connection) -> T,
    ): T = used(start, autoCommit = true, work)
}

/**
 * Takes a connection from [source] for each transaction and returns it unchanged. No response is awaited for longer than
 * [networkTimeoutMillis]: a server that disappears ends no statement, whatever its time limit is.
 */
internal class PooledConnections(
    private val source: DataSource,
    private val networkTimeoutMillis: Int = 35_000,
) : AutoCommitConnections() {
    override fun <T> used(
        start: StartGate,
        autoCommit: Boolean,
        work: (Connection) -> T,
    ): T =
        source.connection.use { connection ->
            start.start(connection)
            val timeoutBefore = connection.networkTimeout
            val autoCommitBefore = connection.autoCommit
            val restore = { if (!connection.isClosed) connection.set(autoCommitBefore, timeoutBefore) }
            connection.setNetworkTimeout(Runnable::run, networkTimeoutMillis)
            connection.autoCommit = autoCommit
            try {
                work(connection)
            } catch (e: Throwable) {
                start.end()
                connection.abortIfReadOnly(e)
                e.alsoTry(restore)
                throw e
            }.also {
                start.end()
                restore()
            }
        }

    private fun Connection.set(
        autoCommit: Boolean,
        timeoutMillis: Int,
    ) {
        this.autoCommit = autoCommit
        setNetworkTimeout(Runnable::run, timeoutMillis)
    }

    override fun close(): Unit = Unit
}

/**
 * Keeps one connection for everything, as SQLite needs it: one writer, settings that are made once, and transactions that take the write
 * lock when they start, so that none fails halfway because another process has written.
 */
internal class OneConnection(
    private val source: DataSource,
    private val settings: List<String>,
) : Connections {
    private val lock = ReentrantLock()
    private var connection: Connection? = null
    private var guard: SqliteFileGuard? = null
    private var isClosed = false

    override fun <T> transaction(
        start: StartGate,
        work: (Connection) -> T,
    ): T =
        single(start) { connection ->
            try {
                connection.execute("BEGIN IMMEDIATE")
                work(connection).also { connection.execute("COMMIT") }
            } catch (e: Throwable) {
                undo(connection, e)
                throw e
            }
        }

    override fun <T> single(
        start: StartGate,
        work: (Connection) -> T,
    ): T =
        lock.withLock {
            val connection = opened()
            start.start()
            work(connection)
        }

    /** A connection whose transaction can still be open is not used again. */
    private fun undo(
        connection: Connection,
        failure: Throwable,
    ) {
        try {
            connection.execute("ROLLBACK")
        } catch (e: SQLException) {
            failure.addSuppressed(e)
            failure.alsoTry { connection.close() }
        }
    }

    private fun opened(): Connection {
        if (isClosed) throw SQLException("the store is closed", CLOSED_STATE)
        connection?.takeUnless { it.isClosed }?.let { open -> return open.also { guard?.check() } }
        val fresh = StatementCache(source.connection)
        try {
            fresh.autoCommit = true
            settings.forEach { fresh.execute(it) }
            guard = SqliteFileGuard.of(fresh)
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
}

/** The SQLState of a connection that does not exist. */
internal const val CLOSED_STATE = "08003"

/** Runs [code]; its exception is added to this failure. */
internal inline fun Throwable.alsoTry(code: () -> Unit) {
    try {
        code()
    } catch (e: Exception) {
        addSuppressed(e)
    }
}
