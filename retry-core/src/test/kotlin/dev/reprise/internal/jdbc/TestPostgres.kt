package dev.reprise.internal.jdbc

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource

/** A PostgreSQL server that writes to the disk before it acknowledges; it starts on first use. */
class TestPostgres : AutoCloseable {
    private val server =
        lazy {
            EmbeddedPostgres
                .builder()
                .setServerConfig("max_prepared_transactions", "4")
                // Each test has a database, whose pool keeps its connections until the server stops.
                .setServerConfig("max_connections", "1000")
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .start()
        }
    private val made = AtomicInteger()

    /** One database for tests that use their own tables, see [newName]. */
    val shared: DataSource by lazy { SmallPool(server.value.postgresDatabase) }

    /** A name that nothing else has. */
    fun newName(): String = "n${made.incrementAndGet()}"

    /** An empty database, by its address. */
    fun newUrl(): String = server.value.getJdbcUrl("postgres", create())

    /** An empty database. */
    fun newDatabase(): DataSource = SmallPool(server.value.getDatabase("postgres", create()))

    private fun create() = newName().also { name -> shared.connection.use { it.createStatement().execute("CREATE DATABASE $name") } }

    /** The server's value of [setting]. */
    fun show(setting: String): String =
        shared.connection.use { connection ->
            connection.createStatement().executeQuery("SHOW $setting").use { row ->
                check(row.next())
                row.getString(1)
            }
        }

    override fun close() {
        if (server.isInitialized()) server.value.close()
    }
}
