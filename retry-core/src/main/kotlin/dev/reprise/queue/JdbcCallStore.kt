package dev.reprise.queue

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.SchemaMigration
import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.internal.jdbc.alsoTry
import dev.reprise.internal.jdbc.blocking
import dev.reprise.internal.queue.jdbc.CallTable
import dev.reprise.internal.queue.jdbc.EnqueueBatcher
import dev.reprise.internal.queue.jdbc.QueueTables
import dev.reprise.internal.queue.jdbc.translatingSql
import dev.reprise.internal.queue.queueLog
import dev.reprise.internal.util.workerThreads
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.SchemaException
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStatus
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.LeaseRenewal
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.OrphanedCalls
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.TransactionalCallStore
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import java.nio.file.Path
import java.sql.Connection
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicReference
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * Keeps calls in SQLite (3.42 or newer) or PostgreSQL (12 or newer), depending on [dataSource].
 *
 * With SQLite the store holds one connection, in WAL mode with `synchronous=FULL`; several processes can use one file. PostgreSQL needs a
 * pool of at least three connections: one is kept to receive notifications of calls that other processes enqueue, so that these start
 * immediately and not with the next poll; another one is reserved for the lease and for results, so that callers who wait for locks cannot
 * keep a worker from them. Any number of processes can share the tables. All time is that of the database. Blocking work runs on threads of
 * the store, never on the caller's dispatcher.
 *
 * [migrate] creates the tables; or create them by hand with the scripts `dev/reprise/queue/schema/postgresql/1.sql` … in the jar, with
 * `{prefix}` replaced.
 */
@OptIn(RepriseSpi::class)
public class JdbcCallStore internal constructor(
    private val dataSource: DataSource,
    private val tablePrefix: String,
    private val statementTimeout: Duration,
    private val testClock: CallClock?,
) : TransactionalCallStore {
    /**
     * @param tablePrefix starts the names of all tables: a lower-case letter, then at most 30 lower-case letters, digits and underscores.
     * Default: `reprise_`.
     * @param statementTimeout limits every statement, and every wait for a connection; whole seconds, at most a day. Default: 30 s. It does not
     * apply to statements of SQLite: they are short, and wait half a second at most for another process before they are tried again.
     * @throws IllegalArgumentException if [tablePrefix] is not such a name, or [statementTimeout] is below a second or above a day.
     */
    @JvmOverloads
    public constructor(
        dataSource: DataSource,
        tablePrefix: String = "reprise_",
        statementTimeout: Duration = 30.seconds,
    ) : this(dataSource, tablePrefix, statementTimeout, null)

    /** A store with a [tablePrefix] and a [statementTimeout], the Java form. */
    public constructor(
        dataSource: DataSource,
        tablePrefix: String,
        statementTimeout: JavaDuration,
    ) : this(dataSource, tablePrefix, statementTimeout.toKotlinDuration(), null)

    /** A store in the SQLite file [file], which is created if it does not exist. Needs `org.xerial:sqlite-jdbc`. */
    public constructor(file: Path) : this(SqliteDataSource(file))

    private val tables = AtomicReference<QueueTables?>()
    private val starting = workerThreads("store-start", 1)
    private val listeners = CopyOnWriteArrayList<() -> Unit>()

    init {
        require(statementTimeout in 1.seconds..1.days) { "statementTimeout must be from a second to a day, but was $statementTimeout" }
        SchemaMigration("dev/reprise/queue/schema/sqlite", tablePrefix)
    }

    override val clock: CallClock get() = testClock ?: CallClock.system
    override val isShared: Boolean get() = true

    override suspend fun open() {
        val scripts = on { scripts }
        val installed = single { scripts.installed(it) }
        val what = "the tables '$tablePrefix…' have version $installed, but this program needs version ${scripts.latest}"
        if (installed == 0) throw SchemaException("the tables '$tablePrefix…' do not exist: migrate() creates them")
        if (installed < scripts.latest) throw SchemaException("$what: migrate() updates them")
        if (installed > scripts.latest) throw SchemaException("$what: a newer program updated them; use its version or a newer one")
    }

    /**
     * Creates or updates the tables; does nothing if they are up to date. Several processes can do this at the same time.
     *
     * @throws StoreUnavailableException if the database cannot be reached.
     */
    public suspend fun migrate() {
        transaction { session ->
            product.lockSchema(session)
            scripts.apply(session)
        }
    }

    private val groups = EnqueueBatcher(::accept)

    override suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> =
        // The caller that writes for others must not wait for a thread of its own dispatcher, which can be blocked.
        if (EnqueueBatcher.canJoin(calls)) withContext(Dispatchers.Unconfined) { groups.enqueue(calls) } else accept(calls)

    private suspend fun accept(calls: List<NewCall>): List<EnqueueResult> =
        transaction { enqueuer.accept(it, calls) }.also { if (it.any(EnqueueResult::givesWork)) notifyListeners() }

    override fun enqueue(
        connection: Connection,
        calls: List<NewCall>,
    ): List<EnqueueResult> {
        if (connection.autoCommit) {
            throw InvalidCallException(
                "the connection is in auto-commit mode; start a transaction with setAutoCommit(false)",
            )
        }
        return translatingSql { ready().run { connection.wholly { enqueuer.accept(JdbcSession(connection, timeoutSeconds), calls) } } }
    }

    /** Does all of [work] or nothing, in a transaction that its owner can commit although this fails. */
    private inline fun <T> Connection.wholly(work: () -> T): T {
        val before = setSavepoint()
        try {
            return work().also { releaseSavepoint(before) }
        } catch (e: Throwable) {
            e.alsoTry { rollback(before) }
            throw e
        }
    }

    override suspend fun claim(request: ClaimRequest): ClaimResult {
        val hasOneWriter = on { sql.dialect.hasOneWriter }
        if (hasOneWriter) look(request).let { if (it.nextDueMillis != 0L) return it }
        val calls = if (hasOneWriter) transaction { claims.claim(it, request) } else single { claims.claim(it, request) }
        return if (calls.isEmpty()) look(request) else ClaimResult(calls, checkNotNull(calls[0].claim).at, null)
    }

    private suspend fun look(request: ClaimRequest): ClaimResult = single { claims.look(it, request) }

    override suspend fun settle(batch: List<Settlement>): List<SettleResult> =
        reservedTransaction { settler.settle(it, batch) }.also { if (batch.any(Settlement::givesWork)) notifyListeners() }

    override suspend fun claimedBy(owner: String): List<StoredCall> =
        single {
            val claims = "SELECT ${CallTable.LIST} FROM {p}call WHERE state = 'RUNNING' AND owner = ? ORDER BY cid"
            it.query(sql(claims), owner, read = CallTable::read)
        }

    override suspend fun openLease(
        nonce: String,
        worker: String,
        validMillis: Long,
    ): Unit = reserved { leases.open(it, nonce, worker, validMillis) }

    override suspend fun renewLease(
        nonce: String,
        validMillis: Long,
    ): LeaseRenewal? = reserved { leases.renew(it, nonce, validMillis) }

    override suspend fun closeLease(nonce: String) {
        reserved { leases.close(it, nonce) }
    }

    override suspend fun orphans(
        after: String?,
        limit: Int,
    ): OrphanedCalls {
        reservedTransaction { orders.advancePending(it, limit) }
        return reserved { OrphanedCalls(leases.orphans(it, after, limit), sql.now(it)) }
    }

    override suspend fun purge(
        retainMillis: Long,
        limit: Int,
    ): Int =
        transaction {
            counts.sumUp(it)
            admin.purge(it, retainMillis, limit)
        }

    override suspend fun cancel(
        cid: String,
        callbacks: List<NewCall>,
    ): CancelResult = changing { admin.cancel(it, cid, callbacks) }

    override suspend fun replay(cids: List<String>): List<ReplayResult> = changing { admin.replay(it, cids) }

    override suspend fun discard(cids: List<String>): Int = changing { admin.discard(it, cids) }

    override suspend fun deadCalls(
        after: String?,
        limit: Int,
    ): List<StoredCall> = single { admin.deadCalls(it, after, limit) }

    override suspend fun pause(
        lane: String,
        paused: Boolean,
    ) {
        val add = "INSERT INTO {p}paused_lane (lane) VALUES (?) ON CONFLICT DO NOTHING"
        val remove = "DELETE FROM {p}paused_lane WHERE lane = ?"
        changing { it.update(sql(if (paused) add else remove), lane) }
    }

    override suspend fun find(cid: String): StoredCall? = single { queries.find(it, cid) }

    override suspend fun errors(cid: String): List<AttemptError> = single { errors.of(it, cid) }

    override suspend fun counts(): List<CallCount> = transaction { counts.counts(it) }

    override suspend fun status(cid: String): CallStatus? = single { queries.status(it, cid) }

    override fun onChange(listener: () -> Unit): AutoCloseable {
        listeners += listener
        return AutoCloseable { listeners -= listener }
    }

    override suspend fun listen(): Nothing {
        while (true) {
            try {
                on { notifications ?: awaitCancellation() }.receive(dataSource, ::notifyListeners)
            } catch (e: LinkageError) {
                queueLog.log(System.Logger.Level.DEBUG, "this driver does not support LISTEN; polling for calls from other processes", e)
                awaitCancellation()
            } catch (e: Exception) {
                currentCoroutineContext().ensureActive()
                queueLog.log(
                    System.Logger.Level.DEBUG,
                    "LISTEN connection lost; polling for calls from other processes until it is back",
                    e,
                )
            }
            delay(LISTEN_AGAIN)
        }
    }

    override fun close() {
        tables.get()?.close()
    }

    private suspend fun <T> changing(work: QueueTables.(JdbcSession) -> T): T = transaction(work).also { notifyListeners() }

    private fun notifyListeners() {
        listeners.forEach { it() }
    }

    private suspend fun <T> transaction(work: QueueTables.(JdbcSession) -> T): T = on { database.transaction { work(this) } }

    private suspend fun <T> single(work: QueueTables.(JdbcSession) -> T): T = on { database.single { work(this) } }

    /** The same on the connection that callers cannot take. */
    private suspend fun <T> reservedTransaction(work: QueueTables.(JdbcSession) -> T): T =
        on { checkNotNull(database.reserved).transaction { work(this) } }

    private suspend fun <T> reserved(work: QueueTables.(JdbcSession) -> T): T = on { checkNotNull(database.reserved).single { work(this) } }

    internal suspend fun <T> on(work: suspend QueueTables.() -> T): T =
        translatingSql { (tables.get() ?: blocking(starting, statementTimeout) { ready() }).work() }

    private fun ready(): QueueTables {
        tables.get()?.let { return it }
        val fresh = QueueTables(dataSource, tablePrefix, statementTimeout, testClock)
        fresh.pendingOrders.onAdvanced = ::notifyListeners
        if (!tables.compareAndSet(null, fresh)) fresh.close()
        return checkNotNull(tables.get())
    }

    private companion object {
        val LISTEN_AGAIN = 5.seconds
    }
}
