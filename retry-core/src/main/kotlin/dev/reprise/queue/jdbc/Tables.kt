package dev.reprise.queue.jdbc

import dev.reprise.jdbc.Connections
import dev.reprise.jdbc.Database
import dev.reprise.jdbc.OneConnection
import dev.reprise.jdbc.PooledConnections
import dev.reprise.jdbc.SchemaScripts
import dev.reprise.queue.CallClock
import dev.reprise.queue.StoreUnavailableException
import kotlinx.coroutines.Dispatchers
import javax.sql.DataSource
import kotlin.time.Duration

/** All that works on the tables of one store. Making it asks the database what it is, which blocks. */
internal class Tables(
    dataSource: DataSource,
    prefix: String,
    statementTimeout: Duration,
    clock: CallClock?,
) {
    val timeoutSeconds = statementTimeout.inWholeSeconds.toInt()
    private val dialect = dialectOf(dataSource)
    val sql = Sql(prefix, dialect, clock)
    val scripts = SchemaScripts("dev/reprise/queue/jdbc/${dialect.folder}", prefix)

    // What SQLite's driver takes for the time limit of a statement is that of waiting for a lock, which is set below.
    val database = Database(connections(dataSource), Dispatchers.IO, timeoutSeconds, if (dialect === SqliteDialect) 0 else timeoutSeconds)

    /** Null where nobody would hear it. A clock of a test's own is that of one process. */
    val news = if (dialect.hasNews && clock == null) News(prefix) else null
    val tally = Tally(sql)
    val orders = Orders(sql, tally)
    val errors = ErrorTable(sql)
    private val keys = UniqueKeys(sql)
    val enqueuer = Enqueuer(sql, orders, keys, errors, tally, news)
    val settler = Settler(sql, orders, keys, errors, tally, enqueuer)
    val leases = Leases(sql)
    val endings = EndedCalls(sql, orders, keys, errors, tally, enqueuer)
    val reader = CallReader(sql, orders)

    private fun connections(source: DataSource): Connections =
        if (dialect ===
            SqliteDialect
        ) {
            OneConnection(source, SQLITE_SETTINGS)
        } else {
            PooledConnections(source, (timeoutSeconds + NETWORK_SECONDS) * MILLIS)
        }

    private fun dialectOf(source: DataSource): Dialect {
        val product = source.connection.use { it.metaData.databaseProductName }
        return when (product) {
            "SQLite" -> SqliteDialect
            "PostgreSQL" -> PostgresDialect
            else -> throw StoreUnavailableException("a store works on SQLite or PostgreSQL, but this database says that it is '$product'")
        }
    }

    private companion object {
        /** What the driver is given to cut a statement by itself before its connection is given up. */
        const val NETWORK_SECONDS = 5
        const val MILLIS = 1000

        /** Half a second for another process to end its transaction; after that the whole transaction is tried again. */
        val SQLITE_SETTINGS = listOf("PRAGMA busy_timeout = 500", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")
    }
}
