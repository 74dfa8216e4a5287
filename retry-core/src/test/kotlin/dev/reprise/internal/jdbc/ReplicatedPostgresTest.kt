package dev.reprise.internal.jdbc

import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import org.postgresql.ds.PGSimpleDataSource

class ReplicatedPostgresTest : FunSpec({
    test("what the primary confirmed is on the standby when that takes over, and again after the next failover") {
        ReplicatedPostgres(tempdir().toPath()).use { servers ->
            val clients = PGSimpleDataSource().apply { setUrl(servers.url()) }

            fun write(sql: String) = clients.connection.use { it.createStatement().execute(sql) }
            write("CREATE TABLE confirmed (n INT)")
            for (round in 1..2) {
                write("INSERT INTO confirmed VALUES ($round)")
                servers.killPrimary()
                servers.promote()
                servers.primary.query("SELECT count(*) FROM confirmed") shouldBe "$round"
                servers.rebuildStandby()
            }
        }
    }
})
