package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.SchemaMigration
import dev.reprise.queue.spi.CallClock
import javax.sql.DataSource
import kotlin.time.Duration

/** Gives access to the tables of one store. */
internal interface TableAccess {
    /** Runs [work], with the failures of the database translated. */
    suspend fun <T> on(work: suspend QueueTables.() -> T): T
}

/** Everything that works on the tables of one store. Its constructor queries the database for its product, which blocks. */
internal class QueueTables(
    dataSource: DataSource,
    prefix: String,
    statementTimeout: Duration,
    clock: CallClock?,
    notifies: Boolean,
    schema: String?,
) : AutoCloseable {
    val timeoutSeconds = statementTimeout.inWholeSeconds.toInt()
    val product = DatabaseProduct.of(dataSource)
    private val dialect = if (product == DatabaseProduct.SQLITE) SqliteDialect else PostgresDialect()
    val scripts = SchemaMigration("dev/reprise/queue/schema/${product.folder}", prefix, schema)
    val sql = SqlTemplate(scripts.qualifiedPrefix, dialect, clock)
    val database = product.database(dataSource, timeoutSeconds)

    /** Null where no other process would receive them. The clock of a test is that of one process. */
    val notifications =
        if (dialect.canNotify && clock == null && notifies) PostgresNotifications(scripts.qualifiedPrefix, sql, database) else null
    val counts = StateCounts(sql)
    val sums = SumSchedule()
    val orders = OrderKeys(sql, counts)
    val pendingOrders = PendingOrders(database, orders).also { orders.onPending = it::advanceSoon }
    val errors = ErrorTable(sql)
    private val keys = UniqueKeys(sql)
    val enqueuer = Enqueuer(sql, orders, keys, errors, notifications)
    val settler = Settler(sql, orders, keys, errors, enqueuer)
    val claims = Claims(sql)
    private val locks = if (product == DatabaseProduct.SQLITE) WorkerLocks() else null
    val leases = LeaseTable(sql, locks)
    val admin = CallAdmin(sql, orders, keys, errors, counts, enqueuer)
    val queries = CallQueries(sql, orders)

    override fun close() {
        pendingOrders.close()
        notifications?.close()
        database.close()
        locks?.close()
    }
}
