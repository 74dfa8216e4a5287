package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.SchemaMigration
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowStoreException
import dev.reprise.workflow.spi.StoredValues
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import java.time.Instant
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
) : AutoCloseable {
    private val product = DatabaseProduct.of(dataSource)
    private val database = product.database(dataSource, statementTimeout.inWholeSeconds.toInt())

    @Volatile
    private var isChecked = false
    private val filledIn = ConcurrentHashMap<String, String>()
    private val scripts = SchemaMigration("dev/reprise/workflow/schema/${product.folder}", prefix, schema)

    /** Not on the threads that wait for databases: if all of them are blocked, a run still has to be given up in time. */
    val background = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    val values = StoredValues(codec)
    val runs = RunTable(::filled, lease.inWholeMilliseconds)
    val tasks = TaskTable(::filled, values)
    val list = RunList(::filled)
    private val isPurging = AtomicBoolean()

    /** @throws WorkflowStoreException if it fails. */
    suspend fun <T> transaction(work: WorkflowTables.(JdbcSession) -> T): T = translated { database.transaction { work(this) } }

    suspend fun migrate() {
        transaction {
            product.lockSchema(it)
            scripts.apply(it)
        }
    }

    /** Rejects tables of a version that this program does not support. */
    fun check(session: JdbcSession) {
        if (isChecked) return
        val installed = scripts.installed(session)
        val what = "the tables '$prefix…' have version $installed, but this program needs version ${scripts.latest}"
        when {
            installed == 0 -> throw WorkflowStoreException("the tables '$prefix…' do not exist: migrate() creates them", null)
            installed < scripts.latest -> throw WorkflowStoreException("$what: migrate() updates them", null)
            installed > scripts.latest -> throw WorkflowStoreException("$what: a newer program updated them; use that version", null)
            else -> isChecked = true
        }
    }

    /** Never throws: a run that cannot be released is free when its lease expires. One that [isNew] is deleted. */
    suspend fun release(
        owner: RunOwner,
        isNew: Boolean = false,
    ) {
        try {
            transaction { if (isNew) runs.forget(it, owner) else runs.release(it, owner) }
        } catch (e: WorkflowStoreException) {
            log("the run \"${owner.run}\" could not be released; it is free when its lease expires", e)
        }
    }

    /** Removes runs that have ended well and have not changed since [before], at most [limit]; returns how many. */
    suspend fun purge(
        before: Instant,
        limit: Int,
    ): Int =
        transaction { session ->
            val removed = list.purge(session, before, limit)
            removed.forEach { tasks.remove(session, it) }
            removed.size
        }

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

    private fun filled(template: String): String {
        if (testClock != null) return template.replace("{p}", scripts.qualifiedPrefix).replace("{now}", testClock.invoke().toString())
        return filledIn.getOrPut(template) { template.replace("{p}", scripts.qualifiedPrefix).replace("{now}", product.now) }
    }

    override fun close() {
        background.cancel()
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
            } catch (e: WorkflowStoreException) {
                throw e
            } catch (e: Exception) {
                throw WorkflowStoreException("cannot access the database of the runs: ${e.message}", e)
            }
    }
}
