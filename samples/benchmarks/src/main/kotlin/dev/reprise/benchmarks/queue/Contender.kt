package dev.reprise.benchmarks.queue

import java.sql.Connection
import javax.sql.DataSource

/** One process of an application: it enqueues calls and works on them, in the way of one library. */
interface Contender : AutoCloseable {
    /** Creates the tables, unless another process has created them. */
    suspend fun prepare()

    /** Starts processing; [onCall] is what every call does. */
    suspend fun start(onCall: (String) -> Unit)

    /** Returns when the call is stored. */
    suspend fun enqueue(payload: String)

    /** Returns when all are stored, in one transaction. */
    suspend fun enqueueAll(payloads: List<String>)
}

/** The compared queues: their name in the table and how to count the calls that have not been settled. */
enum class Kind(
    val title: String,
    private val leftOver: String,
    val isSqlite: Boolean = false,
) {
    Reprise("Reprise", "reprise_call"),
    DbScheduler("db-scheduler", "scheduled_tasks"),
    JobRunr("JobRunr", "jobrunr_jobs WHERE state <> 'SUCCEEDED'"),
    Outbox("transaction-outbox", "txno_outbox WHERE NOT processed"),
    Ceiling("hand-written SQL", "job"),
    Bare("hand-written SQL, keeps no results", "job"),
    Statements("statements of Reprise", "reprise_call"),
    RepriseSqlite("Reprise", "reprise_call", isSqlite = true),
    CeilingSqlite("hand-written SQL", "job", isSqlite = true),
    BareSqlite("hand-written SQL, keeps no results", "job", isSqlite = true),
    StatementsSqlite("statements of Reprise", "reprise_call", isSqlite = true),
    ;

    /** True if it is a queue and not what a queue is compared with. */
    val isQueue: Boolean get() = this in setOf(Reprise, DbScheduler, JobRunr, Outbox, RepriseSqlite)

    /** True if a bar compares it with Reprise, or it is Reprise. */
    val hasBar: Boolean get() = this !in setOf(Outbox, Bare, BareSqlite, Statements, StatementsSqlite)

    /** True if a process may leave the work to others: transaction-outbox has the process that scheduled a call make it. */
    val worksElsewhere: Boolean get() = this != Outbox

    fun source(url: String): DataSource = if (isSqlite) sqlite(url) else pool(url)

    fun make(url: String): Contender =
        when (this) {
            Reprise, RepriseSqlite -> RepriseContender(source(url))
            DbScheduler -> DbSchedulerContender(pool(url))
            JobRunr -> JobRunrContender(pool(url))
            Outbox -> OutboxContender(pool(url))
            Ceiling -> PostgresCeiling(pool(url + PLANS_ANEW), keepsResults = true)
            Bare -> PostgresCeiling(pool(url + PLANS_ANEW), keepsResults = false)
            Statements, StatementsSqlite -> RepriseStatements(source(url))
            CeilingSqlite -> SqliteCeiling(url, keepsResults = true)
            BareSqlite -> SqliteCeiling(url, keepsResults = false)
        }

    /** How many calls are left. */
    fun left(connection: Connection): Long =
        connection.createStatement().use { statement ->
            statement.executeQuery("SELECT count(*) FROM $leftOver").use { row -> if (row.next()) row.getLong(1) else 0 }
        }

    private companion object {
        /** Plans made while the tables were empty, and kept, would slow the ceiling down. */
        const val PLANS_ANEW = "&options=-c%20plan_cache_mode=force_custom_plan"
    }
}
