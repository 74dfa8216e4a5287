package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.queue.ChangeListeners
import dev.reprise.internal.queue.jdbc.QueueTables
import dev.reprise.internal.queue.jdbc.TableAccess
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.Group
import dev.reprise.queue.operate.GroupBy
import dev.reprise.queue.operate.LaneInfo
import dev.reprise.queue.operate.Page
import dev.reprise.queue.operate.Pulse
import dev.reprise.queue.operate.WorkerInfo
import dev.reprise.queue.spi.ActionPage
import dev.reprise.queue.spi.ActionPageResult
import dev.reprise.queue.spi.TransactionalCallOperations
import java.sql.Connection

/** The lists of a store in a database, and the actions. */
@OptIn(RepriseSpi::class)
internal class JdbcOperations(
    private val access: TableAccess,
    private val listeners: ChangeListeners,
) : TransactionalCallOperations {
    /** Everything that works on one set of tables. */
    private class Parts(
        tables: QueueTables,
    ) {
        val workers = WorkerTable(tables.sql)
        val lists = CallLists(tables.sql, tables.queries, workers)
        val groups = CallGroups(tables.sql, lists)
        val pulses = PulseTable(tables.sql)
        val audit = AuditTable(tables.sql)
        val actions = ActionPages(tables.sql, lists, tables.admin, audit, workers)
    }

    @Volatile
    private var parts: Parts? = null

    private fun QueueTables.parts(): Parts = parts ?: Parts(this).also { parts = it }

    /** In a transaction, with which the settings of the planner end; without them a reader need not keep writers waiting. */
    private suspend fun <T> listing(work: Parts.(JdbcSession) -> T): T =
        if (access.on { sql.dialect.listPlanning } == null) single(work) else transaction(work)

    private suspend fun <T> transaction(work: Parts.(JdbcSession) -> T): T =
        access.on {
            database.transaction {
                sql.dialect.listPlanning?.let { query(it) {} }
                parts().work(this)
            }
        }

    private suspend fun <T> single(work: Parts.(JdbcSession) -> T): T = access.on { database.single { parts().work(this) } }

    override suspend fun calls(
        query: CallQuery,
        after: Cursor?,
        limit: Int,
    ): Page<CallSummary> =
        listing { session ->
            val page = lists.page(session, query, after, limit)
            Page(lists.summaries(session, page.items), page.next, page.isComplete)
        }

    override suspend fun groups(
        query: CallQuery,
        by: Set<GroupBy>,
    ): List<Group> = listing { groups.groups(it, query, by) }

    override suspend fun due(
        handlers: Set<String>,
        from: Long?,
        bucketMillis: Long,
        buckets: Int,
    ): List<Long> = listing { groups.due(it, handlers, from, bucketMillis, buckets) }

    override suspend fun pulse(
        from: Long,
        to: Long,
    ): List<Pulse> = single { pulses.between(it, from, to) }

    override suspend fun putPulses(
        worker: String,
        pulses: List<Pulse>,
    ): Unit = transaction { this.pulses.put(it, worker, pulses) }

    override suspend fun describe(worker: WorkerInfo): Unit = single { workers.describe(it, worker) }

    override suspend fun workers(): List<WorkerInfo> = single { workers.all(it) }

    override suspend fun lanes(): List<LaneInfo> = single { workers.lanes(it) }

    override suspend fun audit(
        after: Cursor?,
        limit: Int,
    ): Page<AuditEntry> = single { audit.page(it, after, limit) }

    override suspend fun record(entry: AuditEntry): AuditEntry = single { audit.record(it, entry) }

    override suspend fun act(page: ActionPage): ActionPageResult {
        val result = transaction { actions.act(it, page) }
        if (page.entry != null) listeners.notifyListeners()
        return result
    }

    override fun act(
        connection: Connection,
        page: ActionPage,
    ): ActionPageResult = access.joined(connection) { parts().actions.act(it, page) }
}
