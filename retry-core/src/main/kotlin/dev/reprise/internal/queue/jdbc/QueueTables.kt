package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.SchemaMigration
import dev.reprise.queue.spi.CallClock
import javax.sql.DataSource
import kotlin.time.Duration

/** All that works on the tables of one store. Making it asks the database what it is, which blocks. */
internal class QueueTables(
    dataSource: DataSource,
    prefix: String,
    statementTimeout: Duration,
    clock: CallClock?,
) {
    val timeoutSeconds = statementTimeout.inWholeSeconds.toInt()
    val product = DatabaseProduct.of(dataSource)
    private val dialect = if (product == DatabaseProduct.SQLITE) SqliteDialect else PostgresDialect()
    val sql = SqlTemplate(prefix, dialect, clock)
    val scripts = SchemaMigration("dev/reprise/queue/schema/${product.folder}", prefix)
    val database = product.database(dataSource, timeoutSeconds)

    /** Null where nobody would hear it. A clock of a test's own is that of one process. */
    val news = if (dialect.hasNews && clock == null) PostgresNotifications(prefix) else null
    val tally = StateCounts(sql)
    val orders = OrderKeys(sql, tally)
    val errors = ErrorTable(sql)
    private val keys = UniqueKeys(sql)
    val enqueuer = Enqueuer(sql, orders, keys, errors, news)
    val settler = Settler(sql, orders, keys, errors, enqueuer)
    val leases = LeaseTable(sql)
    val endings = CallAdmin(sql, orders, keys, errors, tally, enqueuer)
    val reader = CallQueries(sql, orders)
}
