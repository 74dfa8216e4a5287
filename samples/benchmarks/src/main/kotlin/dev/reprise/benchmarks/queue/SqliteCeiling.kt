package dev.reprise.benchmarks.queue

import java.sql.Connection
import java.sql.DriverManager
import java.sql.PreparedStatement
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/** One connection with the settings that Reprise has, its statements prepared once, one transaction for each batch. */
class SqliteCeiling(
    url: String,
    private val keepsResults: Boolean,
) : HandWritten(workers = 1) {
    private val lock = ReentrantLock()
    private val connection: Connection = DriverManager.getConnection(url)
    private val statements = HashMap<String, PreparedStatement>()

    override suspend fun prepare() {
        (SETTINGS + TABLES).forEach { sql -> connection.createStatement().use { it.execute(sql) } }
    }

    override suspend fun start(onCall: (String) -> Unit) {
        SETTINGS.forEach { sql -> connection.createStatement().use { it.execute(sql) } }
        super.start(onCall)
    }

    private fun <T> transaction(work: () -> T): T =
        lock.withLock {
            prepared("BEGIN IMMEDIATE").execute()
            work().also { prepared("COMMIT").execute() }
        }

    private fun prepared(sql: String) = statements.getOrPut(sql) { connection.prepareStatement(sql) }

    override fun insert(jobs: List<Job>) {
        transaction {
            val statement = prepared(INSERT)
            for (job in jobs) {
                statement.setString(1, job.id)
                statement.setBytes(2, job.payload)
                statement.executeUpdate()
            }
        }
    }

    override fun claim(limit: Int): List<Job> {
        if (lock.withLock { prepared(LOOK).executeQuery().use { !it.next() } }) return emptyList()
        return transaction {
            val statement = prepared(CLAIM)
            statement.setInt(1, limit)
            statement.executeQuery().use { it.jobs() }
        }
    }

    override fun settle(jobs: List<Job>) {
        transaction {
            for (job in jobs) {
                if (keepsResults) prepared(KEEP).also { it.setString(1, job.id) }.executeUpdate()
                prepared(DELETE).also { it.setString(1, job.id) }.executeUpdate()
            }
        }
    }

    override fun close() {
        super.close()
        connection.close()
    }

    private companion object {
        val SETTINGS = listOf("PRAGMA busy_timeout = 5000", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")
        val TABLES =
            listOf(
                "CREATE TABLE IF NOT EXISTS job (id TEXT PRIMARY KEY, handler TEXT NOT NULL, payload BLOB NOT NULL, " +
                    "policy TEXT NOT NULL, " +
                    "priority INTEGER NOT NULL, state INTEGER NOT NULL, enqueued_at INTEGER NOT NULL, due_at INTEGER NOT NULL, " +
                    "attempts INTEGER NOT NULL, owner TEXT) STRICT",
                "CREATE INDEX IF NOT EXISTS job_due ON job (handler, priority, due_at) WHERE state = 0",
                "CREATE TABLE IF NOT EXISTS done (id TEXT PRIMARY KEY, handler TEXT NOT NULL, payload BLOB NOT NULL, " +
                    "enqueued_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, attempts INTEGER NOT NULL, response BLOB NOT NULL) STRICT",
                "CREATE INDEX IF NOT EXISTS done_ended ON done (ended_at)",
            )
        const val NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
        const val POLICY = "exponential(1m, factor 1.5, max 1h) within 3d"
        const val INSERT = "INSERT INTO job VALUES (?, 'work', ?, '$POLICY', 5, 0, $NOW, $NOW, 0, NULL)"
        const val DUE = "FROM job WHERE state = 0 AND handler = 'work' AND priority = 5 AND due_at <= $NOW ORDER BY due_at LIMIT"
        const val LOOK = "SELECT 1 $DUE 1"
        const val CLAIM =
            "UPDATE job SET state = 1, owner = 'me', attempts = attempts + 1 WHERE rowid IN (SELECT rowid $DUE ?) RETURNING id, payload"
        const val DELETE = "DELETE FROM job WHERE id = ? AND owner = 'me'"
        const val KEEP =
            "INSERT INTO done SELECT id, handler, payload, enqueued_at, $NOW, attempts, x'' FROM job WHERE id = ? AND owner = 'me'"
    }
}
