package dev.reprise.queue.jdbc

import dev.reprise.jdbc.Product
import dev.reprise.jdbc.SchemaScripts
import dev.reprise.queue.CallClock
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
    val product = Product.of(dataSource)
    private val dialect = if (product == Product.SQLITE) SqliteDialect else PostgresDialect()
    val sql = Sql(prefix, dialect, clock)
    val scripts = SchemaScripts("dev/reprise/queue/jdbc/${product.folder}", prefix)
    val database = product.database(dataSource, timeoutSeconds)

    /** Null where nobody would hear it. A clock of a test's own is that of one process. */
    val news = if (dialect.hasNews && clock == null) News(prefix) else null
    val tally = Tally(sql)
    val orders = Orders(sql, tally)
    val errors = ErrorTable(sql)
    private val keys = UniqueKeys(sql)
    val enqueuer = Enqueuer(sql, orders, keys, errors, news)
    val settler = Settler(sql, orders, keys, errors, enqueuer)
    val leases = Leases(sql)
    val endings = EndedCalls(sql, orders, keys, errors, tally, enqueuer)
    val reader = CallReader(sql, orders)
}
