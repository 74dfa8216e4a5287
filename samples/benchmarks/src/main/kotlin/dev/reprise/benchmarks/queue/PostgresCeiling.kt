package dev.reprise.benchmarks.queue

import com.zaxxer.hikari.HikariDataSource
import java.sql.Connection
import java.sql.ResultSet

/** One statement for each batch, and each of them a transaction of its own. */
class PostgresCeiling(
    private val source: HikariDataSource,
    private val keepsResults: Boolean,
    workers: Int = 2,
) : HandWritten(workers) {
    override suspend fun prepare() {
        source.connection.use { it.createStatement().execute(TABLES) }
    }

    override fun insert(jobs: List<Job>) {
        source.connection.use { connection ->
            connection.prepareStatement(INSERT).use {
                it.setArray(1, connection.texts(jobs))
                it.setArray(2, connection.createArrayOf("bytea", jobs.map(Job::payload).toTypedArray()))
                it.executeUpdate()
            }
        }
    }

    override fun claim(limit: Int): List<Job> =
        source.connection.use { connection ->
            connection.prepareStatement(CLAIM).use { statement ->
                statement.setInt(1, limit)
                statement.executeQuery().use { it.jobs() }
            }
        }

    override fun settle(jobs: List<Job>) {
        source.connection.use { connection ->
            connection.prepareStatement(if (keepsResults) MOVE else DELETE).use {
                it.setArray(1, connection.texts(jobs))
                it.executeUpdate()
            }
        }
    }

    private fun Connection.texts(jobs: List<Job>) = createArrayOf("text", jobs.map(Job::id).toTypedArray())

    override fun close() {
        super.close()
        source.close()
    }

    private companion object {
        /** What a queue cannot do without, and the policy of each call. */
        val TABLES =
            """
            CREATE TABLE IF NOT EXISTS job (
                id text COLLATE "C" PRIMARY KEY, handler text NOT NULL, payload bytea NOT NULL, policy text NOT NULL, priority int NOT NULL,
                state int NOT NULL, enqueued_at bigint NOT NULL, due_at bigint NOT NULL, attempts int NOT NULL, owner text
            ) WITH (fillfactor = 70);
            CREATE INDEX IF NOT EXISTS job_due ON job (handler, priority, due_at) WHERE state = 0;
            CREATE TABLE IF NOT EXISTS done (
                id text COLLATE "C" PRIMARY KEY, handler text NOT NULL, payload bytea NOT NULL, enqueued_at bigint NOT NULL,
                ended_at bigint NOT NULL, attempts int NOT NULL, response bytea NOT NULL);
            CREATE INDEX IF NOT EXISTS done_ended ON done (ended_at);
            """.trimIndent()
        const val NOW = "(extract(epoch FROM statement_timestamp()) * 1000)::bigint"
        const val POLICY = "exponential(1m, factor 1.5, max 1h) within 3d"
        const val INSERT =
            "INSERT INTO job SELECT id, 'work', payload, '$POLICY', 5, 0, $NOW, $NOW, 0, NULL FROM unnest(?, ?) AS new(id, payload)"
        const val CLAIM =
            "UPDATE job SET state = 1, owner = 'me', attempts = attempts + 1 WHERE id IN (SELECT id FROM job WHERE state = 0 AND " +
                "handler = 'work' AND priority = 5 AND due_at <= $NOW ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED) RETURNING id, payload"
        const val DELETE = "DELETE FROM job WHERE id = ANY (?) AND owner = 'me'"
        const val MOVE =
            "WITH gone AS ($DELETE RETURNING *) INSERT INTO done SELECT id, handler, payload, enqueued_at, $NOW, attempts, '' FROM gone"
    }
}

/** The rows of id and payload. */
fun ResultSet.jobs(): List<Job> {
    val jobs = ArrayList<Job>()
    while (next()) jobs += Job(getString(1), getBytes(2))
    return jobs
}
