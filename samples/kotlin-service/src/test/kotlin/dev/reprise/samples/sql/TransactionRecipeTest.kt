package dev.reprise.samples.sql

import dev.reprise.failures.SqlFailures
import dev.reprise.policy.TransientFailures
import dev.reprise.retry
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import org.sqlite.SQLiteDataSource
import java.io.File
import java.sql.Connection
import java.sql.SQLException
import javax.sql.DataSource
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

// docs:begin transaction
val transactions = retry {
    on(TransientFailures.SQL) // deadlocks, serialization failures, locks, lost connections
    exponential(20.milliseconds, max = 1.seconds)
    maxAttempts(5)
}

fun <T> DataSource.transaction(body: (Connection) -> T): T =
    transactions.callBlocking {
        connection.use { connection ->
            // each attempt takes its own
            connection.autoCommit = false
            try {
                body(connection).also { connection.commit() }
            } catch (e: Throwable) {
                runCatching { connection.rollback() }.onFailure(e::addSuppressed)
                throw e
            }
        }
    }
// docs:end

class TransactionRecipeTest :
    FunSpec({
        val folder = tempdir()

        test("a transaction whose snapshot is out of date runs again and reads the new value") {
            val database =
                SQLiteDataSource().apply {
                    url = "jdbc:sqlite:${File(folder, "stock")}"
                    setJournalMode("WAL")
                    setBusyTimeout(0)
                }

            fun Connection.run(sql: String) = createStatement().use { it.executeUpdate(sql) }

            fun Connection.stock() = createStatement().use { it.executeQuery("SELECT n FROM stock").run { getInt(1) } }
            database.connection.use {
                it.run("CREATE TABLE stock(n INT)")
                it.run("INSERT INTO stock VALUES (10)")
            }
            var attempts = 0

            database.transaction { mine ->
                val before = mine.stock()
                if (attempts++ == 0) database.connection.use { it.run("UPDATE stock SET n = 20") }
                mine.run("UPDATE stock SET n = ${before - 1}")
            }

            attempts shouldBe 2
            database.connection.use { it.stock() } shouldBe 19
        }

        test("rules and functions") {
            // docs:begin transient
            val orders = retry {
                on(TransientFailures.SQL)
                on(TransientFailures.GRPC) { exponential(1.seconds) } // with delays of its own
                every(50.milliseconds)
                maxAttempts(5)
            }
            // docs:end
            "${orders.policy}" shouldBe "every(50ms) maxAttempts(5) on(sql) on(grpc, schedule=exponential(1s))"
            val e = SQLException("deadlock", "40P01")
            // docs:begin transient-function
            val worthAnotherAttempt = SqlFailures.isTransient(e)
            // docs:end
            worthAnotherAttempt shouldBe true
        }
    })
