package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.BackgroundWork
import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.PoolSize
import dev.reprise.internal.jdbc.SchemaMigration
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowStoreException
import dev.reprise.workflow.spi.StoredValues
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.delay
import kotlinx.coroutines.yield
import java.time.Instant
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Everything that works on the tables of one store. Creating it queries the database for its product, which blocks. */
internal class WorkflowTables(
    dataSource: DataSource,
    private val prefix: String,
    codec: ValueCodec,
    val lease: Duration,
    statementTimeout: Duration,
    schema: String?,
    private val testClock: (() -> Long)?,
    worker: String? = null,
) : AutoCloseable {
    private val product = DatabaseProduct.of(dataSource)
    private val database = product.database(dataSource, statementTimeout.inWholeSeconds.toInt())

    /** True if the tables are known to have the version that this program needs. */
    @Volatile
    private var isChecked = false
    private val filledIn = ConcurrentHashMap<String, String>()
    private val scripts = SchemaMigration("dev/reprise/workflow/schema/${product.folder}", prefix, schema)

    /** Not on the threads that wait for databases, nor on those of tasks: if all of them are blocked, a run still has to be given up in time. */
    val background = BackgroundWork("runs")
    val values = StoredValues(codec)

    /** The clock of a test jumps as that test wants. */
    val runs = RunTable(::filled, lease.inWholeMilliseconds, if (testClock == null) LeaseClock(lease) else null)
    val tasks = TaskTable(::filled, values)
    val list = RunList(::filled)

    /** Proofs that an owner is dead; null where there are none: then its leases have to expire. The clock of a test is that of one process. */
    val proofs: RunProofs? =
        when {
            testClock != null -> null
            product == DatabaseProduct.SQLITE -> FileProofs(this)
            worker != null && hasTwo(dataSource) -> SessionProofs(this, checkNotNull(database.leases), worker)
            else -> null
        }

    val statements = if (product == DatabaseProduct.SQLITE) SqliteRunWrites(this) else PostgresRunWrites(this)

    /** Everything that runs write while they are open. */
    val writes = RunWrites(statements::write)
    private val lookups =
        RunLookups { wanted ->
            single { if (product == DatabaseProduct.SQLITE || wanted.size == 1) runs.stored(it, wanted) else runs.storedAtOnce(it, wanted) }
        }
    private val isPurging = AtomicBoolean()

    /** A connection that is kept for a lock must not be the only one. */
    private fun hasTwo(source: DataSource): Boolean {
        val hasTwo = PoolSize.given(source, 2) == 2
        if (!hasTwo) {
            log.log(
                System.Logger.Level.WARNING,
                "the pool gives one connection only; runs of a dead process wait for their leases",
            )
        }
        return hasTwo
    }

    /** @throws WorkflowStoreException if it fails. */
    suspend fun <T> transaction(work: WorkflowTables.(JdbcSession) -> T): T = translated { database.transaction { work(this) } }

    /** The same for one statement, which is its own transaction. */
    suspend fun <T> single(work: WorkflowTables.(JdbcSession) -> T): T = translated { database.single { work(this) } }

    suspend fun migrate() {
        transaction {
            product.lockSchema(it)
            scripts.apply(it)
        }
    }

    /** True if [prepare] has nothing left to do. */
    val isPrepared: Boolean get() = isChecked && proofs?.isHeld != false

    /** To be called in a transaction before a run is written. */
    fun prepare(session: JdbcSession) {
        check(session)
        proofs?.hold(session)
    }

    /** Rejects tables of a version that this program does not support. */
    private fun check(session: JdbcSession) {
        if (isChecked) return
        val installed = scripts.installed(session)
        val what = "the tables '$prefix…' have version $installed, but this program needs version ${scripts.latest}"
        when {
            installed == 0 -> throw WorkflowStoreException("the tables '$prefix…' do not exist: migrate() creates them", null)
            installed < scripts.latest -> throw WorkflowStoreException("$what: migrate() updates them", null)
            installed > scripts.latest -> throw WorkflowStoreException("$what: a newer program updated them; use that version", null)
        }
        runs.readClock(session)
        isChecked = true
    }

    /**
     * Takes [run]; if nothing is stored of it, and it [isExecuted] at once, its first step does.
     *
     * @throws RunTakenException if [run] belongs to another owner.
     * @throws UndecidedLeaseException if it does, unless its lease is over.
     */
    suspend fun take(
        run: String,
        isExecuted: Boolean = false,
    ): TakenRun {
        val owner = proofs?.newOwner() ?: UUID.randomUUID().toString()
        try {
            if (isExecuted && isPrepared && !lookups.isStored(run)) return TakenRun.new(RunOwner.first(run, owner), isTaken = false)
            while (true) taken(run, owner)?.let { return it }
        } catch (e: Throwable) {
            proofs?.released(owner)
            throw e
        }
    }

    /** Null if that has to be tried again: the run was removed meanwhile, or its owner is dead or can be. */
    private suspend fun taken(
        run: String,
        owner: String,
    ): TakenRun? {
        val new = RunOwner.first(run, owner)
        if (writes.write(RunStep.taking(new))) return TakenRun.new(new, isTaken = true)
        return try {
            transaction { session ->
                runs.take(session, run, owner)?.let { TakenRun(it, runs.read(session, run), tasks.read(session, run)) }
            }
        } catch (e: RunTakenException) {
            free(run, e)
            null
        } catch (e: UndecidedLeaseException) {
            free(run, e)
            null
        }
    }

    /** Returns when [run] can be free after it was [taken]. */
    private suspend fun free(
        run: String,
        taken: IllegalStateException,
    ) {
        val proofs = proofs ?: throw taken
        val owner = transaction { runs.ownerOf(it, run) } ?: return
        if (!proofs.free(run, owner)) delay(proofs.nextLookMillis(owner) ?: throw taken)
    }

    /** Never throws: a run that cannot be released is free when its lease expires. One that [isNew] is deleted. */
    suspend fun release(
        owner: RunOwner,
        isNew: Boolean = false,
    ) {
        try {
            if (isNew) transaction { runs.forget(it, owner) } else writes.write(RunRelease(owner))
        } catch (e: WorkflowStoreException) {
            log("the run \"${owner.run}\" could not be released; it is free when its lease expires", e)
        }
        released(owner)
    }

    /** [owner] owns its run no longer, or never did. */
    fun released(owner: RunOwner) {
        proofs?.released(owner.owner)
    }

    /** Removes those of the runs [ids] that have no owner, a page in each transaction; returns their ids. */
    suspend fun remove(ids: Collection<String>): Set<String> =
        ids.toSortedSet().chunked(PURGE_PAGE).flatMapTo(LinkedHashSet()) { page ->
            transaction { session -> runs.remove(session, page).also { tasks.remove(session, it) } }
        }

    /** Removes runs that have ended well and have not changed since [before], at most [limit]; returns how many. */
    suspend fun purge(
        before: Instant,
        limit: Int,
    ): Int = transaction { session -> list.purge(session, before, limit).also { tasks.remove(session, it) }.size }

    /** Removes, now and again, runs that ended well and have not changed for [retention], on the clock of the database. */
    fun keepPurging(retention: Duration) {
        if (!retention.isFinite() || isPurging.getAndSet(true)) return
        background.launch {
            var pause = FIRST_PAUSE
            while (true) {
                delay(minOf(pause, maxOf(retention / PURGES, SHORTEST_PAUSE)))
                purgeAll(retention)
                pause = LONGEST_PAUSE
            }
        }
    }

    private suspend fun purgeAll(retention: Duration) {
        try {
            val before = transaction { it.first(filled("SELECT {now}")) { row -> row.getLong(1) } }!! - retention.inWholeMilliseconds
            while (purge(Instant.ofEpochMilli(before), PURGE_PAGE) == PURGE_PAGE) yield()
        } catch (e: WorkflowStoreException) {
            log("old runs could not be removed; the next attempt follows", e)
        }
    }

    fun log(
        what: String,
        failure: Throwable,
    ) = log.log(System.Logger.Level.WARNING, what, failure)

    /** A statement with the prefix of the tables for `{p}` and the time for `{now}`. */
    fun filled(template: String): String {
        if (testClock != null) return template.replace("{p}", scripts.qualifiedPrefix).replace("{now}", testClock.invoke().toString())
        return filledIn.getOrPut(template) { template.replace("{p}", scripts.qualifiedPrefix).replace("{now}", product.now) }
    }

    override fun close() {
        proofs?.close()
        background.close()
        database.close()
    }

    companion object {
        private const val PURGE_PAGE = 500
        private const val PURGES = 10
        private val SHORTEST_PAUSE = 1.seconds
        private val FIRST_PAUSE = 1.minutes
        private val LONGEST_PAUSE = 1.hours
        private val log = System.getLogger("dev.reprise.workflow")

        /** A driver or a pool can throw anything, not only what it declares. */
        inline fun <T> translated(work: () -> T): T =
            try {
                work()
            } catch (e: CancellationException) {
                throw e
            } catch (e: RunTakenException) {
                throw e
            } catch (e: UndecidedLeaseException) {
                throw e
            } catch (e: WorkflowStoreException) {
                throw e
            } catch (e: Exception) {
                throw WorkflowStoreException("cannot access the database of the runs: ${e.message}", e)
            }
    }
}
