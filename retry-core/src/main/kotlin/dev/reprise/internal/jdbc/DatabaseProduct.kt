package dev.reprise.internal.jdbc

import kotlinx.coroutines.Dispatchers
import java.sql.SQLException
import javax.sql.DataSource

/** The databases that stores work on, and what is different about each for all stores. */
internal enum class DatabaseProduct(
    /** The folder of its schema scripts. */
    val folder: String,
    /** The present in epoch milliseconds, the same within one statement. */
    val now: String,
) {
    SQLITE("sqlite", "CAST(unixepoch('subsec') * 1000 AS INTEGER)") {
        // What the driver takes for the time limit of a statement is that of waiting for a lock, which is among the settings.
        override fun database(
            source: DataSource,
            timeoutSeconds: Int,
        ) = Database(OneConnection(source, SQLITE_SETTINGS), Dispatchers.IO, timeoutSeconds, statementSeconds = 0)

        override fun lockSchema(session: JdbcSession) = Unit
    },

    // The time of the statement and not of the transaction, which may be older; stable within the statement, so that indexes serve.
    POSTGRESQL("postgresql", "(date_part('epoch', statement_timestamp()) * 1000)::bigint") {
        override fun database(
            source: DataSource,
            timeoutSeconds: Int,
        ) = Database(PooledConnections(source, (timeoutSeconds + NETWORK_SECONDS) * MILLIS), Dispatchers.IO, timeoutSeconds)

        override fun lockSchema(session: JdbcSession) {
            session.query("SELECT pg_advisory_xact_lock(?)", SCHEMA_LOCK) {}
        }
    }, ;

    /** How a store talks to it: a connection has to come, and a statement to end, within [timeoutSeconds]. */
    abstract fun database(
        source: DataSource,
        timeoutSeconds: Int,
    ): Database

    /** Keeps others from running schema scripts until the end of the transaction. */
    abstract fun lockSchema(session: JdbcSession)

    companion object {
        /** Asks the database what it is, which blocks. */
        fun of(source: DataSource): DatabaseProduct =
            when (val name = source.connection.use { it.metaData.databaseProductName }) {
                "SQLite" -> SQLITE
                "PostgreSQL" -> POSTGRESQL
                else -> throw SQLException("a store works on SQLite or PostgreSQL, but this database says that it is '$name'")
            }

        /** Half a second for another process to end its transaction; after that the whole transaction is tried again. */
        private val SQLITE_SETTINGS = listOf("PRAGMA busy_timeout = 500", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")

        /** What the driver is given to cut a statement by itself before its connection is given up. */
        private const val NETWORK_SECONDS = 5
        private const val MILLIS = 1000

        /** Any number that others are unlikely to use: the letters of Reprise. */
        private const val SCHEMA_LOCK = 0x52657072697365L
    }
}
