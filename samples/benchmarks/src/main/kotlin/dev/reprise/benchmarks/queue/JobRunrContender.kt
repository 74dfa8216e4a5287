package dev.reprise.benchmarks.queue

import com.zaxxer.hikari.HikariDataSource
import org.jobrunr.configuration.JobRunr
import org.jobrunr.jobs.lambdas.JobRequest
import org.jobrunr.jobs.lambdas.JobRequestHandler
import org.jobrunr.scheduling.JobRequestScheduler
import org.jobrunr.server.BackgroundJobServerConfiguration.usingStandardBackgroundJobServerConfiguration
import org.jobrunr.storage.StorageProviderUtils.DatabaseOptions
import org.jobrunr.storage.sql.postgres.PostgresStorageProvider
import org.jobrunr.utils.mapper.gson.GsonJsonMapper
import java.time.Duration

/**
 * JobRunr 8.7.0 (LGPL 3.0 or later), its free edition: 8 workers for each core, as it is by default on platform threads, and the
 * shortest poll interval that its documentation allows, which is also the longest that an idle server takes to see a job.
 */
class JobRunrContender(
    private val source: HikariDataSource,
) : Contender {
    /** A process that only enqueues has no server. */
    private val caller by lazy { configure(isServer = false) }
    private var server: JobRequestScheduler? = null

    override suspend fun prepare() {
        PostgresStorageProvider(source, DatabaseOptions.CREATE).close()
    }

    override suspend fun start(onCall: (String) -> Unit) {
        Handler.onCall = onCall
        server = configure(isServer = true)
    }

    private fun configure(isServer: Boolean): JobRequestScheduler =
        JobRunr
            .configure()
            .useJsonMapper(GsonJsonMapper())
            .useStorageProvider(PostgresStorageProvider(source, DatabaseOptions.NO_VALIDATE))
            .useBackgroundJobServerIf(
                isServer,
                usingStandardBackgroundJobServerConfiguration()
                    .andWorkerCount(WORKERS_PER_CORE * Runtime.getRuntime().availableProcessors())
                    .andPollInterval(Duration.ofSeconds(5)),
            ).initialize()
            .jobRequestScheduler

    override suspend fun enqueue(payload: String) {
        (server ?: caller).enqueue(Request(payload))
    }

    override suspend fun enqueueAll(payloads: List<String>): Unit = (server ?: caller).enqueue(payloads.map(::Request).stream())

    override fun close() {
        JobRunr.destroy()
        source.close()
    }

    /** It is written as JSON, which takes a constructor without parameters. */
    class Request(
        var payload: String = "",
    ) : JobRequest {
        override fun getJobRequestHandler(): Class<Handler> = Handler::class.java
    }

    class Handler : JobRequestHandler<Request> {
        override fun run(request: Request): Unit = onCall(request.payload)

        companion object {
            @Volatile
            var onCall: (String) -> Unit = {}
        }
    }

    private companion object {
        const val WORKERS_PER_CORE = 8
    }
}
