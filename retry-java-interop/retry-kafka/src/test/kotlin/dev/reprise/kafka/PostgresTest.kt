package dev.reprise.kafka

import dev.reprise.queue.JdbcCallStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir

/** What the other tests show on a store in memory, on a database that many processes use. */
class PostgresTest : FunSpec({
    val postgres = autoClose(Postgres(tempdir().toPath()))

    beforeSpec { JdbcCallStore(postgres.source).use { it.migrate() } }

    test("on PostgreSQL, a record that fails becomes a call, those of its key wait behind it unseen, and other keys continue") {
        JdbcCallStore(postgres.source).use { failingKey(Story(real = it)) }
    }

    test("while PostgreSQL is down nothing is committed, the member stays in the group, and then all continues in order") {
        JdbcCallStore(postgres.source).use { storeOutage(Story(real = it), start = { postgres.kill() }, end = { postgres.startAgain() }) }
    }
})
