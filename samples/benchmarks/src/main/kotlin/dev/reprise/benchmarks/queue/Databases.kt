package dev.reprise.benchmarks.queue

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import java.sql.Connection
import java.sql.DriverManager

/** A PostgreSQL server and a folder for SQLite files, on the same disk; each measurement gets a database of its own. */
class Databases : AutoCloseable {
    private val folder: Path = Files.createTempDirectory("queue-benchmarks")
    private val server: EmbeddedPostgres =
        EmbeddedPostgres
            .builder()
            .setDataDirectory(folder.resolve("postgres"))
            .apply { SETTINGS.forEach { (name, value) -> setServerConfig(name, value) } }
            .start()
    private var made = 0

    /** The version that the server reports. */
    val facts: String

    init {
        val shown = admin { connection -> (SETTINGS.keys + "server_version").associateWith { connection.show(it) } }
        check(shown["fsync"] == "on" && shown["synchronous_commit"] == "on") { "the server does not write to the disk: $shown" }
        facts = "PostgreSQL ${shown["server_version"]}, " + (SETTINGS.keys.joinToString { "$it=${shown[it]}" })
    }

    private fun <T> admin(work: (Connection) -> T): T = server.postgresDatabase.connection.use(work)

    private fun Connection.show(setting: String): String =
        createStatement().use { statement ->
            statement.executeQuery("SHOW $setting").use { if (it.next()) it.getString(1) else error(setting) }
        }

    /** A fresh database for [kind]. */
    fun <T> with(
        kind: Kind,
        work: (url: String) -> T,
    ): T {
        val name = "d${++made}"
        if (kind.isSqlite) return work("jdbc:sqlite:${folder.resolve("$name.db")}")
        admin { it.createStatement().execute("CREATE DATABASE $name") }
        try {
            return work(server.getJdbcUrl("postgres", name) + "&reWriteBatchedInserts=true")
        } finally {
            admin { it.createStatement().execute("DROP DATABASE $name WITH (FORCE)") }
        }
    }

    fun counter(): Path = folder.resolve("counter")

    /** Lets the server write its buffers to disk, so that no contender pays for the one before. */
    fun settle(): Unit = admin { it.createStatement().execute("CHECKPOINT") }.let { }

    /** How many times a second this disk writes 4 KB and confirms it: every durable number depends on it. */
    fun syncsPerSecond(): Int =
        FileChannel.open(folder.resolve("probe"), StandardOpenOption.CREATE, StandardOpenOption.WRITE).use { file ->
            val page = ByteBuffer.allocate(PAGE)
            val times =
                List(PROBES) {
                    val begin = System.nanoTime()
                    file.write(page.rewind(), 0)
                    file.force(false)
                    System.nanoTime() - begin
                }
            (NANOS / times.sorted()[PROBES / 2]).toInt()
        }

    override fun close() {
        server.close()
        folder.toFile().deleteRecursively()
    }

    companion object {
        /** The embedded server is not durable by default; these settings make it so. */
        private val SETTINGS = linkedMapOf(
            "fsync" to "on",
            "synchronous_commit" to "on",
            "max_wal_size" to "4GB",
            "max_connections" to "300",
        )
        private const val PAGE = 4096
        private const val PROBES = 200
        private const val NANOS = 1_000_000_000L

        /** A connection to look at tables with. */
        fun connection(url: String): Connection = DriverManager.getConnection(url)
    }
}
