package dev.reprise.benchmarks.queue

import com.github.kagkarlsson.scheduler.Scheduler
import com.github.kagkarlsson.scheduler.serializer.Serializer
import com.github.kagkarlsson.scheduler.task.helper.Tasks
import com.zaxxer.hikari.HikariDataSource
import java.time.Duration
import java.time.Instant
import java.util.UUID

/**
 * db-scheduler 16.12.0 (Apache License 2.0), as its own benchmark sets it up for machines of two cores: `lock-and-fetch`, 20 threads,
 * limits 4 and 20. Immediate execution is what it advises for little latency. Data are texts, written as the bytes that they are.
 */
class DbSchedulerContender(
    private val source: HikariDataSource,
) : Contender {
    private var onCall: (String) -> Unit = {}
    private val work = Tasks.oneTime("work", String::class.java).execute { instance, _ -> onCall(instance.data) }
    private val scheduler: Scheduler =
        Scheduler
            .create(source, work)
            .threads(20)
            .pollUsingLockAndFetch(4.0, 20.0)
            .pollingInterval(Duration.ofSeconds(1))
            .enableImmediateExecution()
            .serializer(Plain)
            .build()

    override suspend fun prepare(): Unit = source.connection.use { it.createStatement().execute(TABLES) }.let { }

    override suspend fun start(onCall: (String) -> Unit) {
        this.onCall = onCall
        scheduler.start()
    }

    private fun instance(payload: String) = work.instance(UUID.randomUUID().toString(), payload)

    override suspend fun enqueue(payload: String): Unit = scheduler.schedule(instance(payload), Instant.now())

    override suspend fun enqueueAll(payloads: List<String>): Unit = scheduler.scheduleBatch(payloads.map(::instance), Instant.now())

    override fun close() {
        scheduler.stop()
        source.close()
    }

    private object Plain : Serializer {
        override fun serialize(data: Any?): ByteArray? = (data as String?)?.toByteArray()

        override fun <T> deserialize(
            type: Class<T>,
            bytes: ByteArray?,
        ): T? = bytes?.let { type.cast(String(it)) }
    }

    private companion object {
        /** As its documentation has them for PostgreSQL, without what only priorities need, which it can do without. */
        val TABLES =
            """
            CREATE TABLE IF NOT EXISTS scheduled_tasks (
                task_name text NOT NULL, task_instance text NOT NULL, task_data bytea, execution_time timestamp with time zone,
                picked boolean NOT NULL, picked_by text, last_success timestamp with time zone, last_failure timestamp with time zone,
                consecutive_failures int, last_heartbeat timestamp with time zone, version bigint NOT NULL, priority smallint, state text,
                PRIMARY KEY (task_name, task_instance));
            CREATE INDEX IF NOT EXISTS execution_time_idx ON scheduled_tasks (execution_time);
            CREATE INDEX IF NOT EXISTS last_heartbeat_idx ON scheduled_tasks (last_heartbeat);
            """.trimIndent()
    }
}
