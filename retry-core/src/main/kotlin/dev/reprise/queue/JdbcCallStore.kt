package dev.reprise.queue

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.SchemaMigration
import dev.reprise.internal.jdbc.alsoTry
import dev.reprise.internal.jdbc.blocking
import dev.reprise.internal.jdbc.isRefusal
import dev.reprise.internal.queue.jdbc.CallTable
import dev.reprise.internal.queue.jdbc.EnqueueBatcher
import dev.reprise.internal.queue.jdbc.QueueTables
import dev.reprise.internal.queue.queueLog
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.SchemaException
import dev.reprise.queue.model.StoreUnavailableException
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
import java.sql.Connection
import java.sql.SQLException
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicReference
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds

/**
 * Keeps calls in SQLite (3.42 or newer) or PostgreSQL (12 or newer), whichever [dataSource] leads to.
 *
 * With SQLite one connection is held, in WAL mode with `synchronous=FULL`; several processes may use one file. With PostgreSQL give it a
 * pool of three connections or more: one is kept to hear of calls that other processes enqueue, so that these start at once and not with
 * the next look. Any number of processes may share the tables. All time is that of the database. Its blocking work is done on
 * `Dispatchers.IO`, never on the caller's dispatcher.
 *
 * [migrate] makes the tables, or they are made by hand from the scripts `dev/reprise/queue/schema/postgresql/1.sql` … in the jar, with
 * `{prefix}` filled in.
 */
public class JdbcCallStore internal constructor(
    private val dataSource: DataSource,
    private val tablePrefix: String,
    private val statementTimeout: Duration,
    private val testClock: CallClock?,
) : TransactionalCallStore {
    /**
     * @param tablePrefix begins the names of all tables: a lower-case letter, then at most 30 lower-case letters, digits and underscores.
     * Default: `reprise_`.
     * @param statementTimeout cuts every statement, and every wait for a connection; whole seconds, a day at most. Default: 30 s. Statements of SQLite
     * are not cut: they are short, and wait half a second at most for another process before they are tried again.
     * @throws IllegalArgumentException if [tablePrefix] is no such name, or [statementTimeout] is below a second or above a day.
     */
    @JvmOverloads
    public constructor(
        dataSource: DataSource,
        tablePrefix: String = "reprise_",
        statementTimeout: Duration = 30.seconds,
    ) : this(dataSource, tablePrefix, statementTimeout, null)

    private val tables = AtomicReference<QueueTables?>()
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
        val what = "the tables '$tablePrefix…' are of version $installed and this program works with ${scripts.latest}"
        if (installed == 0) throw SchemaException("there are no tables '$tablePrefix…': migrate() makes them")
        if (installed < scripts.latest) throw SchemaException("$what: migrate() brings them up to date")
        if (installed > scripts.latest) throw SchemaException("$what: a newer program has been here; use that or newer")
    }

    /**
     * Makes the tables, or brings them up to date; does nothing if they are. Several processes may do it at a time.
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
        // Whose turn it is to write for others must not have to wait for a thread of a caller's dispatcher, which may be blocked.
        if (EnqueueBatcher.mayJoin(calls)) withContext(Dispatchers.Unconfined) { groups.enqueue(calls) } else accept(calls)

    private suspend fun accept(calls: List<NewCall>): List<EnqueueResult> =
        transaction { enqueuer.accept(it, calls) }.also { if (it.any(EnqueueResult::givesWork)) tell() }

    override fun enqueue(
        connection: Connection,
        calls: List<NewCall>,
    ): List<EnqueueResult> {
        if (connection.autoCommit) {
            throw InvalidCallException(
                "the connection commits every statement by itself: connection.autoCommit = false begins a transaction",
            )
        }
        return translated { ready().run { connection.wholly { enqueuer.accept(JdbcSession(connection, timeoutSeconds), calls) } } }
    }

    /** Does all of [work] or nothing, in a transaction that its owner may commit although this fails. */
    private inline fun <T> Connection.wholly(work: () -> T): T {
        val before = setSavepoint()
        try {
            return work().also { releaseSavepoint(before) }
        } catch (e: Throwable) {
            e.alsoTry { rollback(before) }
            throw e
        }
    }

    override suspend fun claim(order: ClaimRequest): ClaimResult {
        val hasOneWriter = on { sql.dialect.hasOneWriter }
        if (hasOneWriter) look(order).let { if (it.nextDueMillis != 0L) return it }
        val calls = if (hasOneWriter) transaction { claim(it, order) } else single { claim(it, order) }
        return if (calls.isEmpty()) look(order) else ClaimResult(calls, checkNotNull(calls[0].claim).at, null)
    }

    private fun QueueTables.claim(
        session: JdbcSession,
        order: ClaimRequest,
    ) = sql.dialect.claim(session, sql, order).sortedWith(CLAIM_ORDER)

    /** What a claim would find, without making one. */
    private suspend fun look(order: ClaimRequest): ClaimResult =
        single { session ->
            val now = sql.now(session)
            ClaimResult(emptyList(), now, sql.dialect.nextDue(session, sql, order)?.let { maxOf(it - now, 0) })
        }

    override suspend fun settle(batch: List<Settlement>): List<SettleResult> =
        transaction { settler.settle(it, batch) }.also { if (batch.any(Settlement::givesWork)) tell() }

    override suspend fun claimsOf(owner: String): List<StoredCall> =
        single {
            val claims = "SELECT ${CallTable.LIST} FROM {p}call WHERE state = 'RUNNING' AND owner = ? ORDER BY cid"
            it.query(sql(claims), owner, read = CallTable::read)
        }

    override suspend fun join(
        nonce: String,
        worker: String,
        validMillis: Long,
    ): Unit = single { leases.join(it, nonce, worker, validMillis) }

    override suspend fun renew(
        nonce: String,
        validMillis: Long,
    ): LeaseRenewal? = single { leases.renew(it, nonce, validMillis) }

    override suspend fun leave(nonce: String) {
        single { leases.leave(it, nonce) }
    }

    override suspend fun orphans(
        after: String?,
        limit: Int,
    ): OrphanedCalls {
        transaction { orders.unstick(it, limit) }
        return single { OrphanedCalls(leases.orphans(it, after, limit), sql.now(it)) }
    }

    override suspend fun tidy(
        retainMillis: Long,
        limit: Int,
    ): Int =
        transaction {
            tally.sumUp(it)
            endings.tidy(it, retainMillis, limit)
        }

    override suspend fun cancel(
        cid: String,
        callbacks: List<NewCall>,
    ): CancelResult = changing { endings.cancel(it, cid, callbacks) }

    override suspend fun replay(cids: List<String>): List<ReplayResult> = changing { endings.replay(it, cids) }

    override suspend fun discard(cids: List<String>): Int = changing { endings.discard(it, cids) }

    override suspend fun dead(
        after: String?,
        limit: Int,
    ): List<StoredCall> = single { endings.dead(it, after, limit) }

    override suspend fun pause(
        lane: String,
        paused: Boolean,
    ) {
        val add = "INSERT INTO {p}paused_lane (lane) VALUES (?) ON CONFLICT DO NOTHING"
        val remove = "DELETE FROM {p}paused_lane WHERE lane = ?"
        changing { it.update(sql(if (paused) add else remove), lane) }
    }

    override suspend fun find(cid: String): StoredCall? = single { reader.find(it, cid) }

    override suspend fun errors(cid: String): List<AttemptError> = single { errors.of(it, cid) }

    override suspend fun counts(): List<CallCount> = transaction { tally.counts(it) }

    override suspend fun situation(cid: String): CallStatus? = single { reader.situation(it, cid) }

    override fun onChange(listener: () -> Unit): AutoCloseable {
        listeners += listener
        return AutoCloseable { listeners -= listener }
    }

    override suspend fun listen(): Nothing {
        while (true) {
            try {
                on { news ?: awaitCancellation() }.hear(dataSource, ::tell)
            } catch (e: LinkageError) {
                queueLog.log(System.Logger.Level.DEBUG, "this driver tells no news of other processes; their calls are found by looking", e)
                awaitCancellation()
            } catch (e: Exception) {
                currentCoroutineContext().ensureActive()
                queueLog.log(System.Logger.Level.DEBUG, "news of other processes are not heard now; their calls are found by looking", e)
            }
            delay(LISTEN_AGAIN)
        }
    }

    override fun close() {
        tables.get()?.database?.close()
    }

    private suspend fun <T> changing(work: QueueTables.(JdbcSession) -> T): T = transaction(work).also { tell() }

    private fun tell() {
        listeners.forEach { it() }
    }

    private suspend fun <T> transaction(work: QueueTables.(JdbcSession) -> T): T = on { database.transaction { work(this) } }

    private suspend fun <T> single(work: QueueTables.(JdbcSession) -> T): T = on { database.single { work(this) } }

    internal suspend fun <T> on(work: suspend QueueTables.() -> T): T =
        translated { (tables.get() ?: blocking(Dispatchers.IO, statementTimeout) { ready() }).work() }

    private fun ready(): QueueTables {
        tables.get()?.let { return it }
        tables.compareAndSet(null, QueueTables(dataSource, tablePrefix, statementTimeout, testClock))
        return checkNotNull(tables.get())
    }

    private inline fun <T> translated(work: () -> T): T =
        try {
            work()
        } catch (e: SQLException) {
            if (e.isRefusal()) throw InvalidCallException("the database refuses a value: ${e.message}", e)
            throw StoreUnavailableException("the database does not do what it is asked: ${e.message}", e)
        }

    private companion object {
        val LISTEN_AGAIN = 5.seconds
        val CLAIM_ORDER: Comparator<StoredCall> = compareBy({ -it.order.priority }, { it.dueAt }, { it.cid })
    }
}
