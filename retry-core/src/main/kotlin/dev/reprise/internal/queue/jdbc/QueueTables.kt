package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.FileLocks
import dev.reprise.internal.jdbc.HomeDatabase
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.PoolSize
import dev.reprise.internal.jdbc.ProcessLocks
import dev.reprise.internal.jdbc.SchemaMigration
import dev.reprise.internal.jdbc.SessionLocks
import dev.reprise.internal.jdbc.StandbyWatch
import dev.reprise.internal.jdbc.blocking
import dev.reprise.internal.jdbc.isRejection
import dev.reprise.internal.util.workerThreads
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.SchemaException
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.CallClock
import java.sql.Connection
import java.sql.SQLException
import java.util.concurrent.atomic.AtomicReference
import javax.sql.DataSource
import kotlin.time.Duration

/** Gives access to the tables of one store, which [create] prepares at the first use. */
internal class TableAccess(
    private val timeout: Duration,
    private val create: () -> QueueTables,
) {
    private val tables = AtomicReference<QueueTables?>()
    private val starting = workerThreads("store-start", 1)

    /** The tables, if they are prepared. */
    val prepared: QueueTables? get() = tables.get()

    /** Runs [work], with the failures of the database translated. */
    suspend fun <T> on(work: suspend QueueTables.() -> T): T =
        translatingSql { (tables.get() ?: blocking(starting, timeout) { ready() }).work() }

    private fun ready(): QueueTables {
        tables.get()?.let { return it }
        val fresh = create()
        if (!tables.compareAndSet(null, fresh)) fresh.close()
        return checkNotNull(tables.get())
    }

    suspend fun <T> transaction(work: QueueTables.(JdbcSession) -> T): T = on { database.transaction { work(this) } }

    suspend fun <T> single(work: QueueTables.(JdbcSession) -> T): T = on { database.single { work(this) } }

    /** The same on the connection that callers cannot take. */
    suspend fun <T> reservedTransaction(work: QueueTables.(JdbcSession) -> T): T =
        on { checkNotNull(database.reserved).transaction { work(this) } }

    suspend fun <T> reserved(work: QueueTables.(JdbcSession) -> T): T = on { checkNotNull(database.reserved).single { work(this) } }

    /** The same on the connection of the lease. */
    suspend fun <T> leased(work: QueueTables.(JdbcSession) -> T): T =
        on { standby.watch { checkNotNull(database.leases).single { work(this) } } }

    /** Runs [work] in the transaction of a caller that is open on [connection], wholly or not at all. */
    fun <T> joined(
        connection: Connection,
        work: QueueTables.(JdbcSession) -> T,
    ): T {
        requireTransaction(connection)
        return translatingSql {
            with(ready()) {
                val session = JdbcSession(connection, timeoutSeconds)
                home.fault(session)?.let { throw InvalidCallException(it) }
                connection.wholly { work(session) }
            }
        }
    }
}

/** Everything that works on the tables of one store. Its constructor queries the database for its product, which blocks. */
internal class QueueTables(
    dataSource: DataSource,
    private val prefix: String,
    statementTimeout: Duration,
    clock: CallClock?,
    notifies: Boolean,
    schema: String?,
    connections: Int,
) : AutoCloseable {
    val timeoutSeconds = statementTimeout.inWholeSeconds.toInt()
    val product: DatabaseProduct
    val scripts: SchemaMigration
    val home: HomeDatabase

    init {
        dataSource.connection.use { connection ->
            product = DatabaseProduct.of(connection)
            scripts = SchemaMigration("dev/reprise/queue/schema/${product.folder}", prefix, schema)
            home = HomeDatabase(product, scripts).also { it.learn(JdbcSession(connection, timeoutSeconds)) }
        }
    }

    private val dialect = if (product == DatabaseProduct.SQLITE) SqliteDialect else PostgresDialect()
    val sql = SqlTemplate(scripts.qualifiedPrefix, dialect, clock)
    private val poolSize = PoolSize.of(dataSource, connections, product)
    val database = product.database(dataSource, timeoutSeconds, poolSize)

    val standby = StandbyWatch(database)

    /** What is wrong with the pool; null if nothing is. */
    val poolWarning: String? = PoolSize.warning(poolSize, connections)

    private val pace = NoticePace()
    private val isNotified = dialect.canNotify && clock == null && notifies
    private val sessionLocks = if (isNotified && database.hasLeaseSession) SessionLocks() else null
    private val locks: ProcessLocks? = if (product == DatabaseProduct.SQLITE) FileLocks() else sessionLocks

    /** Null where no other process would receive them. The clock of a test is that of one process. */
    val notifications = if (isNotified) PostgresNotifications(scripts.qualifiedPrefix, sql, database, sessionLocks, pace) else null
    val counts = StateCounts(sql)
    val live = LiveCalls(sql)
    val orders = OrderKeys(sql, counts, live)
    val pendingOrders = PendingOrders(database, orders).also { orders.onPending = it::advanceSoon }
    val errors = ErrorTable(sql)
    val keys = UniqueKeys(sql)
    val enqueuer = Enqueuer(sql, orders, keys, errors, notifications)
    val settler = Settler(sql, orders, keys, errors, enqueuer)
    val claims = Claims(sql, live, database, pace)
    val leases = LeaseTable(sql, locks)
    val sweeper = LeaseSweeper(sql, locks)
    val admin = CallAdmin(sql, live, orders, keys, errors, counts, enqueuer)
    val queries = CallQueries(sql, orders)
    val partitions = if (product == DatabaseProduct.SQLITE) null else FinishedPartitions(sql, database, admin)

    /** @throws SchemaException if the tables do not exist, or have another version than this program. */
    fun requireSchema(session: JdbcSession) {
        val installed = scripts.installed(session)
        val what = "the tables '$prefix…' have version $installed, but this program needs version ${scripts.latest}"
        if (installed == 0) throw SchemaException("the tables '$prefix…' do not exist: migrate() creates them")
        if (installed < scripts.latest) throw SchemaException("$what: migrate() updates them")
        if (installed > scripts.latest) throw SchemaException("$what: a newer program updated them; use its version or a newer one")
    }

    override fun close() {
        standby.close()
        pendingOrders.close()
        notifications?.close()
        database.close()
        locks?.close()
    }
}

/** Runs [work] with the exceptions of a queue instead of those of JDBC. */
internal inline fun <T> translatingSql(work: () -> T): T =
    try {
        work()
    } catch (e: SQLException) {
        if (e.isRejection()) throw InvalidCallException("the database rejects a value: ${e.message}", e)
        throw StoreUnavailableException("the database does not respond as expected: ${e.message}", e)
    }
