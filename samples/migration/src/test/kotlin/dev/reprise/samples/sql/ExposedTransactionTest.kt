package dev.reprise.samples.sql

import dev.reprise.policy.TransientFailures
import dev.reprise.retry
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.transactions.transaction
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import java.sql.Connection
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The recipe of the guide around the transactions of Exposed. */
class ExposedTransactionTest {
    private var retries = 0
    private val transactions =
        retry {
            on(TransientFailures.SQL)
            exponential(20.milliseconds, max = 1.seconds)
            maxAttempts(5)
            beforeRetry { retries++ }
        }

    @Test
    fun `a transaction of Exposed runs again, but not by itself`(
        @TempDir folder: Path,
    ) {
        val stock = Stock.inSqlite(folder)
        val database = Database.connect(stock.database)

        transactions.callBlocking {
            transaction(database, transactionIsolation = Connection.TRANSACTION_SERIALIZABLE) {
                maxAttempts = 1
                val read =
                    exec("SELECT n FROM stock") {
                        it.next()
                        it.getInt(1)
                    }!!
                stock.changeOnce()
                exec("UPDATE stock SET n = ${read - 1}")
            }
        }

        assertEquals(1, retries)
        assertEquals(2, stock.attempts())
        assertEquals(19, stock.left())
    }
}
