package dev.reprise.restate

import kotlinx.coroutines.delay
import java.net.ServerSocket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.createDirectories
import kotlin.time.Duration.Companion.milliseconds

/** A Restate server in a process of its own, with its folder and its ports: it can be killed, and started again with what it has stored. */
internal class RestateServer : AutoCloseable {
    private val folder: Path = Files.createTempDirectory(Path.of(System.getProperty("restate.folder")).createDirectories(), "data")
    private val ports = List(3) { ServerSocket(0) }.onEach { it.close() }.map { it.localPort }
    private val http = HttpClient.newHttpClient()
    private var process: Process? = null

    val ingress = "http://127.0.0.1:${ports[0]}"
    val admin = "http://127.0.0.1:${ports[1]}"

    private val settings =
        mapOf(
            "RESTATE_LISTEN_MODE" to "tcp",
            "RESTATE_BIND_IP" to "127.0.0.1",
            "RESTATE_BIND_PORT" to "${ports[2]}",
            "RESTATE_INGRESS__BIND_ADDRESS" to "127.0.0.1:${ports[0]}",
            "RESTATE_ADMIN__BIND_ADDRESS" to "127.0.0.1:${ports[1]}",
            "RESTATE_ADMIN__DISABLE_WEB_UI" to "true",
            "RESTATE_NODE_NAME" to "reprise",
            "RESTATE_CLUSTER_NAME" to "reprise",
            "RESTATE_DEFAULT_NUM_PARTITIONS" to "4",
            "RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE" to "256MB",
            "RESTATE_DISABLE_TELEMETRY" to "true",
            "RESTATE_LOG_DISABLE_ANSI_CODES" to "true",
        )

    init {
        Runtime.getRuntime().addShutdownHook(Thread { kill() })
    }

    /** Returns when it answers queries, which it does after all else. */
    suspend fun start() {
        val builder = ProcessBuilder(System.getProperty("restate.server"), "--base-dir", folder.toString(), "--no-logo")
        builder.environment() += settings
        val log = ProcessBuilder.Redirect.appendTo(folder.resolve("server.log").toFile())
        process = builder.redirectErrorStream(true).redirectOutput(log).start()
        while (!answers()) {
            check(process?.isAlive == true) { "the server has ended; see $folder/server.log" }
            delay(20.milliseconds)
        }
    }

    private fun answers(): Boolean {
        val query =
            HttpRequest
                .newBuilder(URI.create("$admin/query"))
                .header("content-type", "application/json")
                .header("accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("""{"query":"select count(*) from state"}"""))
                .build()
        val health = HttpRequest.newBuilder(URI.create("$ingress/restate/health")).build()
        return listOf(health, query).all { statusOf(it) == OK }
    }

    private fun statusOf(request: HttpRequest): Int? =
        runCatching { http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() }.getOrNull()

    /** SIGKILL. */
    fun kill() {
        process?.destroyForcibly()?.waitFor()
    }

    override fun close() {
        kill()
        folder.toFile().deleteRecursively()
    }

    private companion object {
        const val OK = 200
    }
}
