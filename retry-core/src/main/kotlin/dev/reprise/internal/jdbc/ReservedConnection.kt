package dev.reprise.internal.jdbc

import java.sql.Connection
import java.sql.SQLException
import java.util.concurrent.locks.ReentrantLock
import javax.sql.DataSource
import kotlin.concurrent.withLock

/**
 * Keeps one connection of [source] for work that must not wait for a free one: callers that wait for locks can hold all others. It is taken
 * when it is first used; after a failure it is replaced.
 */
internal class ReservedConnection(
    private val source: DataSource,
    private val networkTimeoutMillis: Int,
    private val settings: SessionSettings = SessionSettings(null, null),
) : AutoCommitConnections() {
    private val lock = ReentrantLock(true)
    private var connection: Connection? = null
    private var isClosed = false

    override fun <T> used(
        start: StartGate,
        autoCommit: Boolean,
        work: (Connection) -> T,
    ): T =
        lock.withLock {
            // Work that was given up can come late: it would keep a connection that nothing returns.
            if (isClosed) throw SQLException("the store is closed", CLOSED_STATE)
            val held = connection?.takeUnless { it.isClosed } ?: taken()
            start.start(held)
            try {
                held.setNetworkTimeout(Runnable::run, networkTimeoutMillis)
                held.autoCommit = autoCommit
                work(held).also { held.autoCommit = true }
            } catch (e: Throwable) {
                start.end()
                release(e)
                throw e
            } finally {
                start.end()
            }
        }

    private fun taken(): Connection =
        source.connection.also {
            connection = it
            settings.taken?.let { sql -> it.execute(sql) }
        }

    /** A connection that failed goes back to its pool, which checks it. */
    private fun release(failure: Throwable) {
        val failed = connection ?: return
        connection = null
        failed.abortIfReadOnly(failure)
        failure.alsoTry { if (!failed.isClosed && !failed.autoCommit) failed.autoCommit = true }
        failure.alsoTry { failed.returned() }
    }

    /** If its session cannot be cleared, it is not used again. */
    private fun Connection.returned() =
        use {
            if (isClosed || settings.returned == null) return@use
            try {
                setNetworkTimeout(Runnable::run, CLEAR_MILLIS)
                execute(settings.returned)
                setNetworkTimeout(Runnable::run, 0)
            } catch (e: Exception) {
                e.alsoTry { abort(Runnable::run) }
            }
        }

    private fun Connection.execute(sql: String) {
        createStatement().use { it.execute(sql) }
    }

    override fun close() {
        lock.withLock {
            isClosed = true
            connection?.returned()
            connection = null
        }
    }

    private companion object {
        const val CLEAR_MILLIS = 1_000
    }
}

/** Statements for a session that is kept: when its connection is taken from a pool, and when it is returned; null: none. */
internal class SessionSettings(
    val taken: String?,
    val returned: String?,
)
