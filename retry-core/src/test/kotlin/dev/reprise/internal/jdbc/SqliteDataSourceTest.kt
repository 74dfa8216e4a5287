package dev.reprise.internal.jdbc

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.model.WorkflowStoreException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.sql.DriverManager
import java.sql.SQLException

class SqliteDataSourceTest : FunSpec({
    val file = tempdir().toPath().resolve("calls.db")

    /** As if the driver were not on the class path. */
    suspend fun withoutDriver(block: suspend () -> Unit) {
        val drivers = DriverManager.drivers().filter { it.acceptsURL("jdbc:sqlite:") }.toList()
        drivers.forEach(DriverManager::deregisterDriver)
        try {
            block()
        } finally {
            drivers.forEach(DriverManager::registerDriver)
        }
    }

    test("a missing driver is named, with what to add") {
        withoutDriver {
            shouldThrow<SQLException> { SqliteDataSource(file).connection }.message shouldBe
                "cannot open jdbc:sqlite:$file: no JDBC driver for SQLite found; add org.xerial:sqlite-jdbc"
        }
    }

    test("a queue and a workflow store say so too") {
        withoutDriver {
            shouldThrow<StoreUnavailableException> { RetryQueue.open(file) }.message.orEmpty() shouldContain "add org.xerial:sqlite-jdbc"
            shouldThrow<WorkflowStoreException> { JdbcWorkflowStore.open(file) }.message.orEmpty() shouldContain
                "add org.xerial:sqlite-jdbc"
        }
    }

    test("a file that cannot be opened is the driver's own failure") {
        val folder = file.parent
        shouldThrow<SQLException> { SqliteDataSource(folder).connection }.message.orEmpty() shouldContain "SQLITE_CANTOPEN"
    }
})
