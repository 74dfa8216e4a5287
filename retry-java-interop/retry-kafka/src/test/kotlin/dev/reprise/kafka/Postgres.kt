package dev.reprise.kafka

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import kotlinx.coroutines.delay
import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** A PostgreSQL server with its files in [folder], which can be killed and started again. */
internal class Postgres(
    folder: Path,
) : AutoCloseable {
    private val data = folder.resolve("data")
    private var server = start(port = 0)
    private val port = server.port

    val url = "jdbc:postgresql://127.0.0.1:$port/postgres?user=postgres"

    val source = pool(url)

    private fun start(port: Int): EmbeddedPostgres {
        val builder =
            EmbeddedPostgres
                .builder()
                .setDataDirectory(
                    data.toFile(),
                ).setCleanDataDirectory(false)
                .setPGStartupWait(STARTS_WITHIN)
        if (port != 0) builder.setPort(port)
        return builder.setServerConfig("fsync", "on").setServerConfig("synchronous_commit", "on").start()
    }

    /** Stops the server without a checkpoint; the log is replayed at the start. */
    suspend fun kill() {
        val pid = Files.readAllLines(data.resolve("postmaster.pid")).first().toLong()
        check(ProcessBuilder("kill", "-QUIT", "$pid").start().waitFor() == 0)
        while (Files.exists(Path.of("/proc/$pid"))) delay(10.milliseconds)
        server.close()
    }

    fun startAgain() {
        server = start(port)
    }

    override fun close() {
        source.close()
        server.close()
    }

    private companion object {
        /** It replays its log first, on a machine that can be busy. */
        val STARTS_WITHIN: Duration = Duration.ofMinutes(1)
    }
}

/** Connections that are refused soon while the server is down. */
internal fun pool(url: String) =
    HikariDataSource(
        HikariConfig().apply {
            jdbcUrl = url
            maximumPoolSize = 8
            connectionTimeout = 500
            initializationFailTimeout = -1
            // Otherwise a pool whose first connection dies while it opens never opens another one.
            transactionIsolation = "TRANSACTION_READ_COMMITTED"
        },
    )
