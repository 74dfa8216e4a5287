package dev.reprise.workflow

import dev.reprise.internal.jdbc.SchemaMigration
import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.internal.jdbc.blocking
import dev.reprise.internal.util.workerThreads
import dev.reprise.internal.workflow.jdbc.JdbcRunJournal
import dev.reprise.internal.workflow.jdbc.UndecidedLeaseException
import dev.reprise.internal.workflow.jdbc.WorkflowTables
import dev.reprise.policy.RepriseSpi
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.operate.RunCursor
import dev.reprise.workflow.operate.RunPage
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.operate.RunSnapshot
import dev.reprise.workflow.operate.WorkflowStructure
import dev.reprise.workflow.spi.RunJournal
import dev.reprise.workflow.spi.WorkflowStore
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import java.nio.file.Path
import java.time.Instant
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toKotlinDuration

/**
 * Keeps runs in SQLite (3.42 or newer) or PostgreSQL (12 or newer), depending on [dataSource]; any process can continue them.
 *
 * A run has one owner at a time. While it is open its lease is renewed, on the clock of the database; when its process dies, another one
 * can open it as soon as the lease has expired. With SQLite it can at once: a lock of the operating system on a file beside the database ends with the
 * process. With PostgreSQL the next process of the same `workerName` can after half a second: a lock of the server ends with the session of the process.
 * Later writes of the old owner are rejected, and its running tasks are cancelled.
 *
 * Each step of a run is in one transaction, written before user code is called; with a listener, each event is one. Runs that write at the same time
 * share transactions. Blocking work is done on
 * threads of the store, never on the caller's dispatcher. With SQLite one connection is held, in WAL mode with `synchronous=FULL`; several
 * processes can use one file. With PostgreSQL use a pool whose acquisition has a time limit.
 *
 * [migrate] creates the tables; or create them by hand with the scripts `dev/reprise/workflow/schema/postgresql/1.sql` … in the jar, with
 * `{prefix}` replaced. The store can share its database, and its prefix, with a queue.
 */
@OptIn(RepriseSpi::class)
public class JdbcWorkflowStore internal constructor(
    private val dataSource: DataSource,
    private val tablePrefix: String,
    private val codec: ValueCodec,
    private val lease: Duration,
    private val statementTimeout: Duration,
    private val retention: Duration,
    private val schema: String? = null,
    private val workerName: String? = null,
    private val testClock: (() -> Long)?,
) : WorkflowStore,
    AutoCloseable {
    /**
     * @param tablePrefix starts the names of all tables, as in `reprise_workflow_run`: a lower-case letter, then at most 20 lower-case
     * letters, digits and underscores. Default: `reprise_`.
     * @param codec converts results, inputs and the values of controllers to text. Default: [ValueCodec.Json].
     * @param lease is how long a run belongs to a process that no longer renews it. Default: 20 s.
     * @param statementTimeout limits every statement; whole seconds. Default: 30 s.
     * @param retention is how long a run stays after it has succeeded or was reverted, since its last change; the run of a durable call goes with its
     * call, if that is removed earlier. `Duration.INFINITE`: until it is removed. Runs in other states always stay. Default: 3 days.
     * @param schema is the schema of the tables in PostgreSQL, named like a prefix; [migrate] creates it if it does not exist. Default: what the
     * connections search.
     * @param workerName names this process as [dev.reprise.queue.RetryQueueBuilder.workerName] does: the name is the same when it is started again. With
     * PostgreSQL the runs of a process that has died are free for one of its name after half a second; for that, one connection of the pool is kept, and
     * there has to be a second one. SQLite needs no name. Default: none.
     * @throws IllegalArgumentException if [tablePrefix] or [schema] is no such name, [lease] or [statementTimeout] is below a second,
     * [retention] is negative, or [workerName] is blank.
     */
    @JvmOverloads
    public constructor(
        dataSource: DataSource,
        tablePrefix: String = "reprise_",
        codec: ValueCodec = ValueCodec.Json,
        lease: Duration = 20.seconds,
        statementTimeout: Duration = 30.seconds,
        retention: Duration = 3.days,
        schema: String? = null,
        workerName: String? = null,
    ) : this(dataSource, tablePrefix, codec, lease, statementTimeout, retention, schema, workerName, null)

    /** The same with a `java.time.Duration`, for Java. */
    public constructor(
        dataSource: DataSource,
        tablePrefix: String,
        codec: ValueCodec,
        lease: java.time.Duration,
    ) : this(dataSource, tablePrefix, codec, lease.toKotlinDuration())

    /** The same with a retention as a `java.time.Duration`, a schema, and a worker name, for Java. */
    @JvmOverloads
    public constructor(
        dataSource: DataSource,
        tablePrefix: String,
        codec: ValueCodec,
        lease: java.time.Duration,
        retention: java.time.Duration,
        schema: String? = null,
        workerName: String? = null,
    ) : this(
        dataSource,
        tablePrefix,
        codec,
        lease.toKotlinDuration(),
        retention = retention.toKotlinDuration(),
        schema = schema,
        workerName = workerName,
    )

    private val starting = workerThreads("store-start", 1)
    private val tables =
        lazy { WorkflowTables(dataSource, "${tablePrefix}workflow_", codec, lease, statementTimeout, schema, testClock, workerName) }

    init {
        require(lease >= 1.seconds) { "lease must be at least a second, but was $lease" }
        require(statementTimeout >= 1.seconds) { "statementTimeout must be at least a second, but was $statementTimeout" }
        require(!retention.isNegative()) { "retention must not be negative, but was $retention" }
        require(workerName == null || workerName.isNotBlank()) { "workerName must not be blank" }
        require(PREFIX.matches(tablePrefix)) {
            "the table prefix must be a lower-case letter, then at most 20 lower-case letters, digits and underscores, but was '$tablePrefix'"
        }
        SchemaMigration("dev/reprise/workflow/schema/postgresql", "${tablePrefix}workflow_", schema)
    }

    /**
     * Creates or updates the tables; does nothing if they are up to date. Several processes can do this at the same time.
     *
     * @throws dev.reprise.workflow.model.WorkflowStoreException if the database cannot be reached.
     */
    public suspend fun migrate(): Unit = ready().migrate()

    /**
     * If the lease of another owner is over by a clock of the database that has not run evenly for as long, this waits for that first.
     *
     * @throws IllegalArgumentException if [run] is blank, holds control characters, or is longer than 200 characters.
     * @throws dev.reprise.workflow.model.WorkflowStoreException also if the tables are missing, or have a version that this program does not support.
     */
    override suspend fun open(
        run: String,
        isExecuted: Boolean,
    ): RunJournal {
        require(run.isNotBlank() && run.length <= LONGEST_ID && run.none { it.isISOControl() }) {
            "the id of a run must have 1 to $LONGEST_ID characters, none of them control characters, but was '${run.take(LONGEST_ID)}'"
        }
        while (true) {
            try {
                // Once it is taken, only the journal releases it.
                return withContext(NonCancellable) { journal(run, isExecuted) }
            } catch (e: UndecidedLeaseException) {
                delay(e.left)
            }
        }
    }

    private suspend fun journal(
        run: String,
        isExecuted: Boolean,
    ): JdbcRunJournal {
        val tables = ready()
        val taken = tables.take(run, isExecuted)
        tables.keepPurging(retention)
        // Decoding is user code: it holds no transaction, and whatever it throws leaves the run free.
        return try {
            JdbcRunJournal(tables, taken).also { it.keep() }
        } catch (e: Throwable) {
            tables.release(taken.owner)
            throw e
        }
    }

    override suspend fun remove(ids: Collection<String>): Set<String> = ready().remove(ids)

    override suspend fun runs(
        query: RunQuery,
        after: String?,
        limit: Int,
    ): RunPage {
        RunCursor.requireLimit(limit)
        RunCursor.of(after)
        return ready().transaction { session -> list.page(session, query, after, limit) }
    }

    override suspend fun read(run: String): RunSnapshot? =
        ready().transaction { session ->
            list.find(session, run)?.let {
                val outline = runs.read(session, run).outline
                RunSnapshot(it, outline?.let(WorkflowStructure.Companion::read), tasks.snapshots(tasks.read(session, run)))
            }
        }

    override suspend fun purge(
        before: Instant,
        limit: Int,
    ): Int = ready().purge(before, limit)

    /** Closes the connections of the store. Open runs are free when their leases expire. */
    override fun close() {
        if (tables.isInitialized()) tables.value.close()
    }

    private suspend fun ready(): WorkflowTables =
        WorkflowTables.translated { if (tables.isInitialized()) tables.value else blocking(starting, statementTimeout) { tables.value } }

    public companion object {
        /**
         * A store in the SQLite file [file], which is created with its tables if it does not exist. It needs `org.xerial:sqlite-jdbc` and
         * nothing else; several processes on one machine can open the same file.
         *
         * @throws dev.reprise.workflow.model.WorkflowStoreException if the file cannot be opened, or the driver is missing.
         */
        public suspend fun open(
            file: Path,
            codec: ValueCodec = ValueCodec.Json,
            lease: Duration = 20.seconds,
        ): JdbcWorkflowStore = JdbcWorkflowStore(SqliteDataSource(file), codec = codec, lease = lease).also { it.migrate() }

        private const val LONGEST_ID = 200
        private val PREFIX = Regex("[a-z][a-z0-9_]{0,20}")
    }
}
