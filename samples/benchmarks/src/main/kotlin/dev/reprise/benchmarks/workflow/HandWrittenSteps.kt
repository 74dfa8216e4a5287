package dev.reprise.benchmarks.workflow

import java.sql.Connection
import java.util.concurrent.Callable
import java.util.concurrent.ConcurrentLinkedDeque
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.Future
import java.util.concurrent.locks.ReentrantLock
import javax.sql.DataSource
import kotlin.concurrent.withLock

/** Connections on which each statement is its own transaction. */
interface Access : AutoCloseable {
    /** Calls [work] with one of them. */
    fun <T> use(work: (Connection) -> T): T
}

/** One from [source] for each use. */
class PoolAccess(
    private val source: DataSource,
) : Access {
    override fun <T> use(work: (Connection) -> T): T = source.connection.use(work)

    override fun close() {
        (source as? AutoCloseable)?.close()
    }
}

/** One for all, with the settings that Reprise has for SQLite. */
class OneAccess(
    source: DataSource,
) : Access {
    private val lock = ReentrantLock()
    private val connection = source.connection.also { open -> SETTINGS.forEach { sql -> open.createStatement().use { it.execute(sql) } } }

    override fun <T> use(work: (Connection) -> T): T = lock.withLock { work(connection) }

    override fun close() = connection.close()

    private companion object {
        val SETTINGS = listOf("PRAGMA busy_timeout = 500", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")
    }
}

/**
 * Those of [access], used by threads of its own: for a caller that must not be blocked. Of idle threads, the one that was busy last is used, so that a
 * single caller always has the same one.
 */
class OtherThreads(
    private val access: Access,
) : Access {
    private val idle = ConcurrentLinkedDeque<ExecutorService>()

    override fun <T> use(work: (Connection) -> T): T {
        val thread = idle.pollFirst() ?: Executors.newSingleThreadExecutor()
        try {
            return thread.submit(Callable { access.use(work) }).get()
        } finally {
            idle.addFirst(thread)
        }
    }

    override fun close() {
        idle.forEach { it.shutdown() }
        access.close()
    }
}

/**
 * What one would write by hand: a row for the workflow, and one for the result of each step, in a commit of its own. It has no owners, no retries and
 * no reverts.
 */
open class HandWrittenSteps(
    private val access: Access,
) : StepContender {
    private val threads = Executors.newFixedThreadPool(StepKind.CONNECTIONS)

    init {
        access.use { connection -> TABLES.forEach { sql -> connection.createStatement().use { it.execute(sql) } } }
    }

    override fun run(
        id: String,
        steps: Int,
        onStep: (Int) -> Unit,
    ) {
        val done = access.use { begin(it, id) }
        for (number in 0 until steps) {
            if (number in done) continue
            onStep(number)
            access.use { write(it, id, number) }
        }
        access.use { it.update("UPDATE workflow SET state = ? WHERE id = ?", "SUCCESS", id) }
    }

    /** Writes the result of the step [number] in a transaction of its own. */
    protected open fun write(
        connection: Connection,
        id: String,
        number: Int,
    ) {
        connection.update("INSERT INTO step (workflow, number, result) VALUES (?, ?, ?)", id, number, "$number")
    }

    private fun begin(
        connection: Connection,
        id: String,
    ): Set<Int> {
        val isNew = connection.update("INSERT INTO workflow (id, state) VALUES (?, 'RUNNING') ON CONFLICT (id) DO NOTHING", id) == 1
        if (isNew) return emptySet()
        return connection.prepareStatement("SELECT number FROM step WHERE workflow = ?").use { statement ->
            statement.setString(1, id)
            statement.executeQuery().use { rows -> generateSequence { if (rows.next()) rows.getInt(1) else null }.toSet() }
        }
    }

    override fun runAll(
        prefix: String,
        count: Int,
        steps: Int,
    ) {
        val all: List<Future<*>> = List(count) { threads.submit { run("$prefix $it", steps) } }
        all.forEach { it.get() }
    }

    override fun close() {
        threads.shutdown()
        access.close()
    }

    private companion object {
        val TABLES =
            listOf(
                "CREATE TABLE IF NOT EXISTS workflow (id TEXT PRIMARY KEY, state TEXT NOT NULL, owner TEXT DEFAULT 'me', lease BIGINT)",
                "CREATE TABLE IF NOT EXISTS step (workflow TEXT, number INTEGER, result TEXT, PRIMARY KEY (workflow, number))",
            )
    }
}

/** The same, for workflows that other processes can take over: a step counts for the owner of its workflow only, and renews the lease. */
class OwnedSteps(
    access: Access,
    private val isSqlite: Boolean,
) : HandWrittenSteps(access) {
    override fun write(
        connection: Connection,
        id: String,
        number: Int,
    ) = if (isSqlite) inTransaction(connection, id, number) else inOneStatement(connection, id, number)

    private fun inOneStatement(
        connection: Connection,
        id: String,
        number: Int,
    ) {
        val sql = "WITH mine AS ($RENEW RETURNING id) INSERT INTO step (workflow, number, result) SELECT id, ?, ? FROM mine"
        check(connection.update(sql, lease(), id, "me", number, "$number") == 1) { "the workflow $id was taken over" }
    }

    private fun inTransaction(
        connection: Connection,
        id: String,
        number: Int,
    ) {
        connection.createStatement().use { it.execute("BEGIN IMMEDIATE") }
        check(connection.update(RENEW, lease(), id, "me") == 1) { "the workflow $id was taken over" }
        super.write(connection, id, number)
        connection.createStatement().use { it.execute("COMMIT") }
    }

    private fun lease() = System.currentTimeMillis() + LEASE_MILLIS

    private companion object {
        const val RENEW = "UPDATE workflow SET lease = ? WHERE id = ? AND owner = ?"
        const val LEASE_MILLIS = 20_000
    }
}

private fun Connection.update(
    sql: String,
    vararg values: Any,
): Int =
    prepareStatement(sql).use { statement ->
        values.forEachIndexed { i, value -> statement.setObject(i + 1, value) }
        statement.executeUpdate()
    }
