package dev.reprise.failures

import dev.reprise.Retry
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.policy.StopReason
import dev.reprise.policy.TransientFailures
import dev.reprise.retry
import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import org.postgresql.ds.PGSimpleDataSource
import org.sqlite.SQLiteDataSource
import java.io.File
import java.sql.Connection
import java.sql.SQLException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CyclicBarrier
import javax.sql.DataSource

/** The recipe of the guide: runs [body] in a transaction of a connection that only this attempt uses. */
private fun <T> DataSource.transaction(
    level: Int = Connection.TRANSACTION_SERIALIZABLE,
    body: Connection.() -> T,
): T =
    connection.use { connection ->
        connection.transactionIsolation = level
        connection.autoCommit = false
        try {
            connection.body().also { connection.commit() }
        } catch (e: Throwable) {
            try {
                connection.rollback()
            } catch (rollback: SQLException) {
                e.addSuppressed(rollback)
            }
            throw e
        }
    }

private fun Connection.execute(sql: String) {
    createStatement().use { it.execute(sql) }
}

private fun Connection.number(sql: String): Int =
    createStatement().use {
        it.executeQuery(sql).run {
            next()
            getInt(1)
        }
    }

private fun DataSource.withAccounts(): DataSource =
    apply {
        connection.use {
            it.execute("CREATE TABLE account(id INT PRIMARY KEY, amount INT NOT NULL)")
            it.execute("INSERT INTO account VALUES (1, 100), (2, 100)")
        }
    }

private fun add(
    id: Int,
    amount: Int,
) = "UPDATE account SET amount = amount + $amount WHERE id = $id"

private fun balance(id: Int) = "SELECT amount FROM account WHERE id = $id"

/** Retries transactions without a delay; [states] gets the SQLState or the code of each failure that is retried. */
private fun transactions(
    states: MutableList<String>,
    onRetry: () -> Unit = {},
): Retry =
    retry {
        on(TransientFailures.SQL)
        maxAttempts(3)
        beforeRetry {
            val e = failure as SQLException
            states += e.sqlState ?: "${e.errorCode}"
            onRetry()
        }
    }

class PostgresTransactionTest : FunSpec({
    val server = autoClose(TestPostgres())

    fun accounts() = PGSimpleDataSource().apply { setUrl(server.newUrl()) }.withAccounts()

    test("a serialization failure runs the transaction again, which reads the new value") {
        val accounts = accounts()
        val states = CopyOnWriteArrayList<String>()
        transactions(states).callBlocking {
            accounts.transaction {
                val read = number(balance(1))
                // Another transaction changes the row between the read and the write of the first attempt.
                if (!isRetry) accounts.transaction { execute(add(1, 50)) }
                execute("UPDATE account SET amount = ${read + 1} WHERE id = 1")
            }
        }
        states shouldContainExactly listOf("40001")
        accounts.connection.use { it.number(balance(1)) } shouldBe 151
    }

    test("of two transactions that wait for each other, the victim of the deadlock runs again") {
        val accounts = accounts()
        val states = CopyOnWriteArrayList<String>()
        val retry = transactions(states)
        val bothHoldALock = CyclicBarrier(2)

        fun transfer(
            from: Int,
            to: Int,
        ) = CompletableFuture.runAsync {
            retry.callBlocking {
                accounts.transaction(Connection.TRANSACTION_READ_COMMITTED) {
                    execute("SET LOCAL deadlock_timeout = '10ms'")
                    execute(add(from, -10))
                    if (!isRetry) bothHoldALock.await()
                    execute(add(to, 10))
                }
            }
        }
        CompletableFuture.allOf(transfer(1, 2), transfer(2, 1)).join()

        states shouldContainExactly listOf("40P01")
        accounts.connection.use { listOf(it.number(balance(1)), it.number(balance(2))) } shouldContainExactly listOf(100, 100)
    }

    test("a lock that is not available and a connection that the server ends are retried") {
        val accounts = accounts()
        val states = CopyOnWriteArrayList<String>()
        accounts.connection.use { other ->
            other.autoCommit = false
            other.execute(add(1, 1))
            transactions(states, onRetry = other::commit).callBlocking {
                accounts.transaction { execute("SELECT 1 FROM account WHERE id = 1 FOR UPDATE NOWAIT") }
            }
        }
        transactions(states).callBlocking {
            accounts.transaction {
                val backend = number("SELECT pg_backend_pid()")
                if (!isRetry) accounts.connection.use { it.execute("SELECT pg_terminate_backend($backend, 10000)") }
                execute(add(1, 1))
            }
        }
        states shouldContainExactly listOf("55P03", "57P01")
        accounts.connection.use { it.number(balance(1)) } shouldBe 102
    }

    test("a value that the database rejects is not retried") {
        val accounts = accounts()
        val failure =
            shouldThrow<SQLException> {
                transactions(ArrayList()).callBlocking { accounts.transaction { execute("INSERT INTO account VALUES (1, 0)") } }
            }
        failure.retryReport!!.stopReason shouldBe StopReason.NOT_RETRYABLE
    }
})

class SqliteTransactionTest : FunSpec({
    val folder = tempdir()

    fun accounts(name: String) =
        SQLiteDataSource()
            .apply {
                url = "jdbc:sqlite:${File(folder, name)}"
                setJournalMode("WAL")
                setBusyTimeout(0)
            }.withAccounts()

    test("a database that another connection writes to is retried") {
        val accounts = accounts("busy")
        val states = CopyOnWriteArrayList<String>()
        accounts.connection.use { other ->
            other.autoCommit = false
            other.execute(add(1, 50))
            transactions(states, onRetry = other::commit).callBlocking { accounts.transaction { execute(add(1, 1)) } }
        }
        states shouldContainExactly listOf("5")
        accounts.connection.use { it.number(balance(1)) } shouldBe 151
    }

    test("a snapshot that is out of date runs the transaction again, which reads the new value") {
        val accounts = accounts("snapshot")
        val states = CopyOnWriteArrayList<String>()
        transactions(states).callBlocking {
            accounts.transaction {
                val read = number(balance(1))
                if (!isRetry) accounts.transaction { execute(add(1, 50)) }
                execute("UPDATE account SET amount = ${read + 1} WHERE id = 1")
            }
        }
        states shouldContainExactly listOf("5")
        accounts.connection.use { it.number(balance(1)) } shouldBe 151
    }
})
