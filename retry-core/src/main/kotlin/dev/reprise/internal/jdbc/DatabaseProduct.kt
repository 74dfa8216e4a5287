package dev.reprise.internal.jdbc

import dev.reprise.internal.util.workerThreads
import java.sql.Connection
import java.sql.SQLException
import javax.sql.DataSource

/** The databases of stores, and their differences for all stores. */
internal enum class DatabaseProduct(
    /** What its driver calls it. */
    val productName: String,
    /** The folder of its schema scripts. */
    val folder: String,
    /** The current time in epoch milliseconds, the same within one statement. */
    val now: String,
    /** Finds a row if there is a table of a name in the search path. One value: the name. */
    val findTable: String,
) {
    SQLITE(
        "SQLite",
        "sqlite",
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?",
    ) {
        // The driver uses the time limit of a statement for lock waits, which have a setting of their own.
        override fun database(
            source: DataSource,
            timeoutSeconds: Int,
            connections: Int,
        ): Database {
            val connection = OneConnection(source, SQLITE_SETTINGS)
            val (reserved, leases) = List(2) { Database(connection, threads(1), timeoutSeconds, statementSeconds = 0) }
            return Database(connection, threads(SQLITE_THREADS), timeoutSeconds, statementSeconds = 0, reserved, leases)
        }

        override fun lockSchema(session: JdbcSession) = Unit

        override fun useSchema(
            session: JdbcSession,
            schema: String,
        ) = throw IllegalArgumentException("a schema needs PostgreSQL, but this database is SQLite; use a tablePrefix instead of '$schema'")
    },

    // The time of the statement and not of the transaction, which can be older; stable within the statement, so that indexes can be used.
    // A session remembers that there was no table; it looks again when it opens another one, which is why the search goes through pg_class.
    POSTGRESQL(
        "PostgreSQL",
        "postgresql",
        "(date_part('epoch', statement_timestamp()) * 1000)::bigint",
        "SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass(?)",
    ) {
        override fun database(
            source: DataSource,
            timeoutSeconds: Int,
            connections: Int,
        ): Database {
            val millis = (timeoutSeconds + NETWORK_SECONDS) * MILLIS
            val first = ReservedConnection(source, millis, if (connections == 1) ONLY_ONE else LEASE_SESSION)
            val second = if (connections == 1) first else ReservedConnection(source, millis)
            val others = if (connections <= KEPT) second else PooledConnections(source, millis)
            return Database(
                others,
                threads(maxOf(connections - KEPT, 1)),
                timeoutSeconds,
                reserved = Database(second, threads(1), timeoutSeconds),
                leases = Database(first, threads(1), timeoutSeconds),
                hasLeaseSession = connections > 1,
            )
        }

        override fun lockSchema(session: JdbcSession) {
            // A snapshot that is older than the lock would not show what another process has created meanwhile.
            session.update("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            session.query("SELECT pg_advisory_xact_lock(?)", SCHEMA_LOCK) {}
        }

        override fun useSchema(
            session: JdbcSession,
            schema: String,
        ) {
            val isMissing = session.first("SELECT 1 FROM pg_namespace WHERE nspname = ?", schema) { true } == null
            if (isMissing) session.update("CREATE SCHEMA \"$schema\"")
            session.query("SELECT set_config('search_path', ?, true)", "\"$schema\"") {}
        }
    }, ;

    /**
     * Access for a store, with at most so many [connections] at a time; the limit for a connection and for a statement is [timeoutSeconds].
     * Two of them are kept: one for leases, one for results, which callers use too if there is no third one. If there is only one, all take
     * turns.
     */
    abstract fun database(
        source: DataSource,
        timeoutSeconds: Int,
        connections: Int = MANY_CONNECTIONS,
    ): Database

    /** Keeps other processes from running schema scripts until the end of the transaction. */
    abstract fun lockSchema(session: JdbcSession)

    /** Creates the schema named [schema] if it does not exist, and makes the scripts of this transaction work in it. */
    abstract fun useSchema(
        session: JdbcSession,
        schema: String,
    )

    companion object {
        /** Queries the database for its product, which blocks. */
        fun of(source: DataSource): DatabaseProduct = source.connection.use { of(it) }

        /** The product that [connection] is to. */
        fun of(connection: Connection): DatabaseProduct {
            val name = connection.metaData.databaseProductName
            return entries.find { it.productName == name }
                ?: throw SQLException("a store needs SQLite or PostgreSQL, but this database is '$name'")
        }

        /** Separate threads for each store: blocking code of the application cannot occupy them. */
        private fun threads(count: Int) = workerThreads("database", count)

        /** How many connections a queue uses at a time, if nothing else is set. */
        const val CONNECTIONS: Int = 8

        /** The same for a store that keeps none of them. */
        private const val MANY_CONNECTIONS = 18

        /** How many of them are kept. */
        private const val KEPT = 2

        /** A statement on the only connection keeps all others waiting. */
        private val ONLY_ONE = SessionSettings("SET lock_timeout = '1s'", "RESET lock_timeout")

        private val LEASE_SESSION = SessionSettings(null, "UNLISTEN *; SELECT pg_advisory_unlock_all()")

        /** They take turns on one connection; several, so that the limit of a wait for it starts in time. */
        private const val SQLITE_THREADS = 16

        /** Waits half a second for another process to end its transaction; after that the whole transaction is repeated. */
        private val SQLITE_SETTINGS = listOf("PRAGMA busy_timeout = 500", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")

        /** How long the driver can take to cancel a statement before its connection is closed. */
        private const val NETWORK_SECONDS = 5
        private const val MILLIS = 1000

        /** A number that other programs are unlikely to use: the letters of Reprise. */
        private const val SCHEMA_LOCK = 0x52657072697365L
    }
}
