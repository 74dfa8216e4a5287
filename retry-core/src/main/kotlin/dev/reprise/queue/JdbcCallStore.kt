package dev.reprise.queue

import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.SchemaMigration
import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.internal.queue.ChangeListeners
import dev.reprise.internal.queue.jdbc.CallTable
import dev.reprise.internal.queue.jdbc.EnqueueBatcher
import dev.reprise.internal.queue.jdbc.QueueTables
import dev.reprise.internal.queue.jdbc.TableAccess
import dev.reprise.internal.queue.jdbc.operate.DurabilityQuery
import dev.reprise.internal.queue.jdbc.operate.JdbcOperations
import dev.reprise.internal.queue.jdbc.operate.WorkerTable
import dev.reprise.internal.queue.queueLog
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.operate.StoreDurability
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStatus
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.LeaseJudgement
import dev.reprise.queue.spi.LeaseRenewal
import dev.reprise.queue.spi.LeaseSweep
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.OrphanedCalls
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.TransactionalCallOperations
import dev.reprise.queue.spi.TransactionalCallStore
import dev.reprise.queue.spi.WorkListener
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import java.nio.file.Path
import java.sql.Connection
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * Keeps calls in SQLite (3.42 or newer) or PostgreSQL (12 or newer), depending on [dataSource].
 *
 * With SQLite the store holds one connection, in WAL mode with `synchronous=FULL`; several processes can use one file. With PostgreSQL it
 * keeps two connections of its pool, so that callers who wait for locks cannot keep a worker from its lease and its results: one for the
 * lease, which also receives notifications of calls that other processes enqueue, so that these start immediately and not with the next
 * poll; and one for results. With a pool of two, callers share the second; with one, all take turns, and wait for a lock no longer than a
 * second. Any number of processes can share the tables. All time is that of the database. Blocking work runs on threads of the store, never
 * on the caller's dispatcher.
 *
 * [migrate] creates the tables; or create them by hand with the scripts `dev/reprise/queue/schema/postgresql/1.sql` … in the jar, with
 * `{prefix}` replaced.
 */
@OptIn(RepriseSpi::class)
public class JdbcCallStore internal constructor(
    override val dataSource: DataSource,
    private val tablePrefix: String,
    private val statementTimeout: Duration,
    private val testClock: CallClock?,
    private val notifications: Boolean = true,
    private val schema: String? = null,
    private val connections: Int = DatabaseProduct.CONNECTIONS,
) : TransactionalCallStore {
    /**
     * @param tablePrefix starts the names of all tables: a lower-case letter, then at most 30 lower-case letters, digits and underscores.
     * Default: `reprise_`.
     * @param statementTimeout limits every statement, and every wait for a connection; whole seconds, at most a day. Default: 30 s. It does not
     * apply to statements of SQLite: they are short, and wait half a second at most for another process before they are tried again.
     * @param notifications false for neither NOTIFY nor LISTEN: calls of other processes are found by polling. Behind a pooler that changes
     * sessions, LISTEN is switched off anyway. Default: true.
     * @param schema the schema of the tables in PostgreSQL, named like [tablePrefix]; [migrate] creates it. Default: the search path of each
     * connection.
     * @param connections how many connections to PostgreSQL are used at a time, at most; from 1. A pool that gives fewer is no error. Default: 8.
     * @throws IllegalArgumentException if [tablePrefix] is not such a name, or [statementTimeout] is below a second or above a day.
     */
    @JvmOverloads
    public constructor(
        dataSource: DataSource,
        tablePrefix: String = "reprise_",
        statementTimeout: Duration = 30.seconds,
        notifications: Boolean = true,
        schema: String? = null,
        connections: Int = DatabaseProduct.CONNECTIONS,
    ) : this(dataSource, tablePrefix, statementTimeout, null, notifications, schema, connections)

    /** A store with a [tablePrefix] and a [statementTimeout], the Java form. */
    @JvmOverloads
    public constructor(
        dataSource: DataSource,
        tablePrefix: String,
        statementTimeout: JavaDuration,
        notifications: Boolean = true,
        schema: String? = null,
        connections: Int = DatabaseProduct.CONNECTIONS,
    ) : this(dataSource, tablePrefix, statementTimeout.toKotlinDuration(), null, notifications, schema, connections)

    /** A store in the SQLite file [file], which is created if it does not exist. Needs `org.xerial:sqlite-jdbc`. */
    public constructor(file: Path) : this(SqliteDataSource(file))

    private val listeners = ChangeListeners()

    init {
        require(statementTimeout in 1.seconds..1.days) { "statementTimeout must be from a second to a day, but was $statementTimeout" }
        require(connections >= 1) { "connections must be at least 1, but was $connections" }
        SchemaMigration("dev/reprise/queue/schema/postgresql", tablePrefix, schema)
    }

    override val clock: CallClock get() = testClock ?: CallClock.system
    override val isShared: Boolean get() = true

    private val access =
        TableAccess(statementTimeout) {
            QueueTables(dataSource, tablePrefix, statementTimeout, testClock, notifications, schema, connections).also {
                it.pendingOrders.onAdvanced = listeners::notifyListeners
            }
        }

    override val operations: TransactionalCallOperations = JdbcOperations(access, listeners)

    @Volatile
    private var firstWarnings: List<String> = emptyList()
    override val warnings: List<String> get() =
        firstWarnings +
            listOfNotNull(access.prepared?.partitions?.warning, access.prepared?.standby?.warning)

    override suspend fun open(): Unit =
        access.single { session ->
            requireSchema(session)
            firstWarnings = listOfNotNull(poolWarning) + DurabilityQuery.of(product, session).warnings
        }

    override suspend fun durability(): StoreDurability = access.single { DurabilityQuery.of(product, it) }

    /**
     * Creates or updates the tables; does nothing if they are up to date. Several processes can do this at the same time.
     *
     * @throws dev.reprise.queue.model.StoreUnavailableException if the database cannot be reached.
     */
    public suspend fun migrate() {
        access.transaction { session ->
            product.lockSchema(session)
            scripts.apply(session)
            home.learn(session)
        }
    }

    private suspend fun sumUpOnce() {
        try {
            access.transaction { counts.sumUp(it) }
        } catch (e: StoreUnavailableException) {
            queueLog.log(System.Logger.Level.DEBUG, "the counts are summed up later", e)
        }
    }

    private val groups = EnqueueBatcher(::accept)

    override suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> {
        val joins = on { EnqueueBatcher.canJoin(calls, sql.dialect) }
        // The caller that writes for others must not wait for a thread of its own dispatcher, which can be blocked.
        return if (joins) withContext(Dispatchers.Unconfined) { groups.enqueue(calls) } else accept(calls)
    }

    private suspend fun accept(calls: List<NewCall>): List<EnqueueResult> =
        on { enqueuer.accept(database, calls) }.also {
            listeners.enqueued(calls, it)
            if (on { counts.isSumDue(calls.size) }) sumUpOnce()
        }

    override fun enqueue(
        connection: Connection,
        calls: List<NewCall>,
    ): List<EnqueueResult> = access.joined(connection) { enqueuer.accept(it, calls) }

    override fun cancel(
        connection: Connection,
        cid: String,
        rules: EndRules,
    ): CancelResult = access.joined(connection) { admin.cancel(it, cid, WorkerTable(sql).announced(it, rules)) }

    override fun committed(handlers: Set<String>) {
        listeners.notifyOf { it in handlers }
        access.prepared?.notifications?.offer(handlers)
    }

    override suspend fun claim(request: ClaimRequest): ClaimResult = on { claims.claim(request) }

    override suspend fun promote(limit: Int): Int = on { claims.promote(limit) }

    override suspend fun recordStart(call: StoredCall): Boolean =
        access.single {
            val claim = checkNotNull(call.claim) { "call ${call.cid} was not claimed" }
            it.update(sql(CallTable.RECORD_START), call.cid, claim.token, claim.owner) == 1
        }

    override suspend fun settle(batch: List<Settlement>): List<SettleResult> =
        on { settler.settle(checkNotNull(database.reserved), batch) }.also { listeners.settled(batch) }

    override suspend fun claimedBy(owner: String): List<StoredCall> = access.single { queries.claimedBy(it, owner) }

    override suspend fun openLease(
        nonce: String,
        worker: String,
        isNamed: Boolean,
        validMillis: Long,
    ): Unit = access.leased { leases.open(it, nonce, worker, isNamed, validMillis) }

    override suspend fun renewLease(
        nonce: String,
        validMillis: Long,
        inFlight: Int,
        hung: Int,
    ): LeaseRenewal? = access.leased { leases.renew(it, nonce, validMillis, inFlight, hung) }

    override suspend fun closeLease(nonce: String): Unit = access.leased { leases.close(it, nonce) }

    override suspend fun sweep(sweep: LeaseSweep): LeaseJudgement = access.reserved { sweeper.sweep(it, sweep) }

    override suspend fun takeTurn(
        duty: String,
        everyMillis: Long,
    ): Boolean = access.single { sweeper.take(it, duty, everyMillis) }

    override suspend fun orphans(
        after: String?,
        limit: Int,
    ): OrphanedCalls {
        access.reservedTransaction { orders.advancePending(it, limit) }
        return access.reserved { OrphanedCalls(leases.orphans(it, after, limit), sql.now(it)) }
    }

    override suspend fun purge(limit: Int): Int {
        val deleted = access.transaction { admin.purge(it, limit) }
        if (deleted == limit) return limit
        val dropped = on { partitions?.keep(limit) ?: 0 }
        if (dropped < limit) sumUpCounts()
        return minOf(deleted + dropped, limit)
    }

    /** Few at a time, each in a transaction of its own, however many there are. */
    private suspend fun sumUpCounts() {
        while (access.transaction { counts.sumUp(it) }) currentCoroutineContext().ensureActive()
    }

    override suspend fun cancel(
        cid: String,
        rules: EndRules,
    ): CancelResult = changing { admin.cancel(it, cid, WorkerTable(sql).announced(it, rules)) }

    override suspend fun replay(cids: List<String>): List<ReplayResult> = changing { admin.replay(it, cids) }

    override suspend fun discard(cids: List<String>): Int = changing { admin.discard(it, cids) }

    override suspend fun deadCalls(
        after: String?,
        limit: Int,
    ): List<StoredCall> = access.single { admin.deadCalls(it, after, limit) }

    override suspend fun pause(
        lane: String,
        paused: Boolean,
        by: String?,
    ): Unit = changing { admin.pause(it, lane, paused, by) }

    override suspend fun find(cid: String): StoredCall? = access.single { queries.find(it, cid) }

    override suspend fun findUnique(uniqueKey: String): StoredCall? =
        access.single { session -> keys.holder(session, uniqueKey)?.let { queries.find(session, it) } }

    override suspend fun liveOrderKeys(keys: Set<String>): Set<String> = access.single { orders.occupied(it, keys) }

    override suspend fun errors(cid: String): List<AttemptError> = access.single { errors.of(it, cid) }

    override suspend fun counts(): List<CallCount> = access.transaction { counts.counts(it) }

    override suspend fun status(cid: String): CallStatus? = access.single { queries.status(it, cid) }

    override fun onChange(listener: WorkListener): AutoCloseable = listeners.add(listener)

    override suspend fun listen(): Nothing = on { notifications ?: awaitCancellation() }.listen(listeners::notifyOf)

    override fun close(): Unit = access.prepared?.close() ?: Unit

    private suspend fun <T> changing(work: QueueTables.(JdbcSession) -> T): T =
        access.transaction(work).also { listeners.notifyListeners() }

    internal suspend fun <T> on(work: suspend QueueTables.() -> T): T = access.on(work)
}
