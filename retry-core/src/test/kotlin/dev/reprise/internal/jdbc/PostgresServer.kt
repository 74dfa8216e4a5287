package dev.reprise.internal.jdbc

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import io.zonky.test.db.postgres.util.LinuxUtils
import org.postgresql.ds.PGSimpleDataSource
import java.net.InetAddress
import java.net.ServerSocket
import java.nio.file.Files
import java.nio.file.Path
import java.sql.Connection
import java.util.concurrent.TimeUnit
import kotlin.io.path.readLines
import kotlin.io.path.writeText
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** A PostgreSQL server in the folder [data], which exists, with nothing between it and its signals. */
internal class PostgresServer(
    val program: Path,
    val data: Path,
) {
    val port: Int = ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { it.localPort }
    private var process: Process? = null

    /** Starts it with [settings], which replace all others, and waits until it responds. */
    fun start(settings: Map<String, String>) {
        data.resolve("postgresql.auto.conf").writeText("")
        data.resolve("postgresql.conf").writeText(
            (BASE + ("port" to "$port") + settings)
                .map { (name, value) ->
                    "$name='$value'\n"
                }.joinToString(""),
        )
        // PostgreSQL refuses to run as root, unless root means nothing where it runs.
        val unprivileged = if (LinuxUtils.isUnshareAvailable()) listOf("unshare", "-U") else emptyList()
        val log = data.resolveSibling("${data.fileName}.log").toFile()
        process =
            ProcessBuilder(unprivileged + listOf("$program", "-D", "$data"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                .start()
        await("the server in $data responds") { runCatching { connection().close() }.isSuccess }
    }

    /** SIGKILL to all of its processes in one go: none can tell another one, or a client, that it ends. */
    fun kill() {
        val server = process ?: return
        val all = listOf(server.toHandle()) + server.descendants().toList()
        end(server, "KILL", all.map { it.pid() })
    }

    /** Lets it send to its standby what that lacks, and ends it. */
    fun stop() {
        val server = checkNotNull(process)
        end(server, "INT", listOf(server.pid()))
    }

    private fun end(
        server: Process,
        signal: String,
        pids: List<Long>,
    ) {
        ProcessBuilder(listOf("kill", "-$signal") + pids.map { "$it" }).redirectErrorStream(true).start().waitFor()
        check(server.waitFor(END_SECONDS, TimeUnit.SECONDS)) { "the server in $data survived SIG$signal" }
        process = null
    }

    fun connection(): Connection = source.connection

    val source = PGSimpleDataSource().also { it.setUrl("jdbc:postgresql://127.0.0.1:$port/postgres?user=postgres&connectTimeout=3") }

    fun execute(sql: String) {
        connection().use { connection -> connection.createStatement().use { it.execute(sql) } }
    }

    /** The first column of the first row. */
    fun query(sql: String): String? =
        connection().use { connection ->
            connection.createStatement().executeQuery(sql).use { row -> if (row.next()) row.getString(1) else null }
        }

    companion object {
        private const val END_SECONDS = 10L
        private val BASE =
            mapOf(
                "listen_addresses" to "127.0.0.1",
                "unix_socket_directories" to "",
                "max_connections" to "200",
                "fsync" to "on",
                "synchronous_commit" to "on",
                "wal_level" to "replica",
                "max_wal_senders" to "5",
                "wal_keep_size" to "512MB",
                "hot_standby" to "on",
                // A standby that lost its primary looks for it again so soon.
                "wal_retrieve_retry_interval" to "200ms",
            )

        /** A new server in [data], which has been stopped again. */
        fun create(data: Path): PostgresServer =
            EmbeddedPostgres.builder().setDataDirectory(data.toFile()).setCleanDataDirectory(false).start().use {
                val pid = data.resolve("postmaster.pid").readLines().first()
                PostgresServer(Files.readSymbolicLink(Path.of("/proc/$pid/exe")), data)
            }

        /** Waits half a minute at most until [condition] holds, which [what] describes. */
        fun await(
            what: String,
            condition: () -> Boolean,
        ) {
            val since = TimeSource.Monotonic.markNow()
            while (!condition()) {
                check(since.elapsedNow() < 30.seconds) { "not within 30 s: $what" }
                TimeUnit.MILLISECONDS.sleep(10)
            }
        }
    }
}
