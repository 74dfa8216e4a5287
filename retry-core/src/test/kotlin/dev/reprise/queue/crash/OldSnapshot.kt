package dev.reprise.queue.crash

import java.sql.Connection
import java.sql.SQLException
import javax.sql.DataSource

/** A transaction that sees the calls as they were when it began, and keeps the database from removing what is left of older ones. */
internal class OldSnapshot(
    private val source: DataSource,
) : AutoCloseable {
    private var connection: Connection? = null

    /** Begins it, unless it is open. */
    fun keep() {
        try {
            if (connection?.isUsable() != true) connection = begin()
        } catch (_: SQLException) {
            // The database is away; the next try finds it.
        }
    }

    private fun begin(): Connection =
        source.connection.apply {
            val isPostgres = metaData.databaseProductName == "PostgreSQL"
            if (isPostgres) autoCommit = false
            createStatement().use {
                it.execute(if (isPostgres) "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ" else "BEGIN")
                it.executeQuery(READ).close()
            }
        }

    private fun Connection.isUsable(): Boolean =
        try {
            createStatement().use { it.executeQuery(READ).close() }.let { true }
        } catch (_: SQLException) {
            close()
            false
        }

    override fun close() {
        connection?.close()
        connection = null
    }

    private companion object {
        const val READ = "SELECT count(*) FROM reprise_lease"
    }
}
