package dev.reprise.internal.jdbc

import java.sql.Connection
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
) : AutoCommitConnections() {
    private val lock = ReentrantLock(true)
    private var connection: Connection? = null

    override fun <T> used(
        start: StartGate,
        autoCommit: Boolean,
        work: (Connection) -> T,
    ): T =
        lock.withLock {
            val held = connection?.takeUnless { it.isClosed } ?: source.connection.also { connection = it }
            start.start(held)
            try {
                held.setNetworkTimeout(Runnable::run, networkTimeoutMillis)
                held.autoCommit = autoCommit
                work(held).also { held.autoCommit = true }
            } catch (e: Throwable) {
                release(e)
                throw e
            } finally {
                start.end()
            }
        }

    /** A connection that failed goes back to its pool, which checks it. */
    private fun release(failure: Throwable) {
        val failed = connection ?: return
        connection = null
        failure.alsoTry { if (!failed.isClosed && !failed.autoCommit) failed.autoCommit = true }
        failure.alsoTry { failed.close() }
    }

    override fun close() {
        lock.withLock {
            connection?.close()
            connection = null
        }
    }
}
