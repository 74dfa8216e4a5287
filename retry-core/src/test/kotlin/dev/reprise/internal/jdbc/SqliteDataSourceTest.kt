package dev.reprise.internal.jdbc

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.model.WorkflowStoreException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.nio.file.Path
import java.sql.Driver
import java.sql.DriverManager
import java.sql.SQLException

/** A file that cannot be opened is named, with the reason. */
class SqliteDataSourceTest : FunSpec({
    val folder = tempdir()

    fun failureOf(file: Path) = shouldThrow<SQLException> { SqliteDataSource(file).connection }.message!!

    test("a folder that does not exist, a folder, and a file that is no database") {
        val absent = folder.toPath().resolve("absent/calls.db")
        val text = File(folder, "notes.txt").apply { writeText("not a database ".repeat(100)) }.toPath()
        for (file in listOf(absent, folder.toPath(), text)) {
            failureOf(file) shouldContain "cannot open the SQLite file $file: "
        }
        shouldThrow<StoreUnavailableException> { RetryQueue.open(absent) { } }.message!! shouldContain "cannot open the SQLite file $absent"
        shouldThrow<WorkflowStoreException> { JdbcWorkflowStore.open(absent) }.message!! shouldContain "cannot open the SQLite file $absent"
    }

    test("a missing driver is named") {
        val drivers = DriverManager.drivers().filter { it.javaClass.name.startsWith("org.sqlite.") }.toList()
        drivers.forEach<Driver>(DriverManager::deregisterDriver)
        try {
            failureOf(folder.toPath().resolve("calls.db")) shouldContain "no JDBC driver found; add org.xerial:sqlite-jdbc"
        } finally {
            drivers.forEach<Driver>(DriverManager::registerDriver)
        }
    }
})
