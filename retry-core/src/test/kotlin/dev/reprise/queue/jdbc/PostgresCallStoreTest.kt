package dev.reprise.queue.jdbc

import dev.reprise.queue.callStoreSuite
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource
import kotlin.time.Duration.Companion.seconds

class PostgresCallStoreTest : FunSpec({
    val server =
        lazy {
            EmbeddedPostgres
                .builder()
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .start()
        }
    val databases = AtomicInteger()
    val shared = lazy { SmallPool(server.value.postgresDatabase) }

    afterSpec { if (server.isInitialized()) server.value.close() }

    fun newDatabase(): DataSource {
        val name = "d${databases.incrementAndGet()}"
        shared.value.connection.use { it.createStatement().execute("CREATE DATABASE $name") }
        return SmallPool(server.value.getDatabase("postgres", name))
    }

    test("the server writes to the disk before it acknowledges") {
        for (setting in listOf("fsync", "synchronous_commit")) {
            shared.value.connection.use { connection ->
                connection.createStatement().executeQuery("SHOW $setting").use { row ->
                    row.next() to row.getString(1) shouldBe
                        (true to "on")
                }
            }
        }
    }

    include(
        callStoreSuite { clock ->
            JdbcCallStore(shared.value, "s${databases.incrementAndGet()}_", 30.seconds, clock).also { it.migrate() }
        },
    )
    include(jdbcStoreSuite { newDatabase() })
})
