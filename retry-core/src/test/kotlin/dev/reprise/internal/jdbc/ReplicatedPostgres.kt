package dev.reprise.internal.jdbc

import dev.reprise.internal.jdbc.PostgresServer.Companion.await
import java.io.File
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import java.sql.Connection
import kotlin.io.path.createDirectories
import kotlin.io.path.setPosixFilePermissions
import kotlin.io.path.writeBytes
import kotlin.io.path.writeText

/**
 * Two servers, of which one follows the other. If it [isSynchronous], the primary confirms a commit when the standby has it on its disk
 * too. As a failover manager does, a standby that is promoted confirms alone until it has a standby of its own.
 */
internal class ReplicatedPostgres(
    private val folder: Path,
    private val isSynchronous: Boolean = true,
) : AutoCloseable {
    private var made = 1

    @Volatile
    var primary: PostgresServer = PostgresServer.create(folder.resolve("server1"))
        private set

    @Volatile
    var standby: PostgresServer
        private set

    init {
        primary.start(emptyMap())
        standby = PostgresServer(primary.program, folder.resolve("server2"))
        follow()
    }

    /** Finds the primary, whichever of the two it is; both ports stay the same. */
    fun url(properties: String = CLIENT): String {
        val hosts = listOf(primary, standby).sortedBy { it.port }.joinToString(",") { "127.0.0.1:${it.port}" }
        return "jdbc:postgresql://$hosts/postgres?user=postgres&$properties"
    }

    fun killPrimary(): Unit = primary.kill()

    /** As before a planned change of the primary. */
    fun stopPrimary(): Unit = primary.stop()

    /** The standby takes over. The dead server is its standby after [rebuildStandby]. */
    fun promote() {
        standby.query("SELECT pg_promote(true, 30)")
        primary = standby.also { standby = primary }
    }

    /** Makes a standby of the server that is not the primary, whatever it has. */
    fun rebuildStandby() {
        standby.kill()
        standby.data.toFile().deleteRecursively()
        follow()
    }

    /** The standby receives nothing more, and a synchronous primary waits for it. */
    fun stopReceiver() {
        standby.execute("ALTER SYSTEM SET primary_conninfo = ''")
        standby.execute("SELECT pg_reload_conf()")
        await("the standby is away") { primary.query("SELECT 1 FROM pg_stat_replication") == null }
    }

    /** The standby receives again, beginning with what it has missed. */
    fun startReceiver() {
        standby.execute("ALTER SYSTEM RESET primary_conninfo")
        standby.execute("SELECT pg_reload_conf()")
        awaitStreaming()
    }

    private fun follow() {
        primary.connection().use { session ->
            session.value("SELECT pg_backup_start('standby', true)")
            copy(primary.data, standby.data)
            standby.data.resolve("backup_label").writeText(session.value("SELECT labelfile FROM pg_backup_stop(false)"))
        }
        standby.data.resolve("standby.signal").writeText("")
        standby.start(mapOf("primary_conninfo" to "host=127.0.0.1 port=${primary.port} user=postgres application_name=s1"))
        awaitStreaming()
        if (!isSynchronous) return
        primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (s1)'")
        primary.execute("SELECT pg_reload_conf()")
        await("the standby is synchronous") { primary.query("SELECT sync_state FROM pg_stat_replication") == "quorum" }
    }

    private fun awaitStreaming() = await("the standby streams") { primary.query("SELECT state FROM pg_stat_replication") == "streaming" }

    private fun Connection.value(sql: String): String =
        createStatement().executeQuery(sql).use { row ->
            check(row.next())
            row.getString(1)
        }

    /** Files can change, grow and vanish while they are copied: the log that is replayed from the label repairs that. */
    private fun copy(
        from: Path,
        to: Path,
    ) {
        for (file in from.toFile().walk().onEnter { it.name != "pg_wal" || !it.isDirectory }) {
            val target = to.resolve(from.relativize(file.toPath()))
            when {
                file.isDirectory -> target.createDirectories()
                file.name !in OWN -> copied(file)?.let { target.writeBytes(it) }
            }
        }
        to.resolve("pg_wal/archive_status").createDirectories()
        to.setPosixFilePermissions(PosixFilePermissions.fromString("rwx------"))
    }

    private fun copied(file: File): ByteArray? = runCatching { file.readBytes() }.getOrNull()

    override fun close() {
        primary.kill()
        standby.kill()
    }

    companion object {
        /** What the guide tells clients to set. */
        const val CLIENT = "targetServerType=primary&hostRecheckSeconds=1&connectTimeout=3&socketTimeout=35&tcpKeepAlive=true"
        private val OWN = setOf("postmaster.pid", "postmaster.opts")
    }
}
