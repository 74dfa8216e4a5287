package dev.reprise.internal.jdbc

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import org.sqlite.SQLiteDataSource

class StatementCacheTest : FunSpec({
    test("a statement is prepared once while it is among the last fifty, and closed afterwards") {
        StatementCache(SQLiteDataSource().apply { url = "jdbc:sqlite::memory:" }.connection).use { connection ->
            val first = connection.statement("SELECT 0")
            for (number in 1..49) connection.statement("SELECT $number")
            (connection.statement("SELECT 0") === first) shouldBe true
            val second = connection.statement("SELECT 1")
            for (number in 50..98) connection.statement("SELECT $number")
            second.isClosed shouldBe false
            first.isClosed shouldBe true
        }
    }

    test("the rest of a batch that was never executed is not executed with the next") {
        StatementCache(SQLiteDataSource().apply { url = "jdbc:sqlite::memory:" }.connection).use { connection ->
            val session = JdbcSession(connection, 0)
            session.update("CREATE TABLE t (a INTEGER PRIMARY KEY)")
            val insert = "INSERT INTO t VALUES (?)"
            connection.statement(insert).apply { setInt(1, 1) }.addBatch()
            session.batch(insert, listOf(listOf(2))).size shouldBe 1
            session.query("SELECT a FROM t") { it.getInt(1) } shouldBe listOf(2)
        }
    }

    test("a statement that failed can be used again") {
        StatementCache(SQLiteDataSource().apply { url = "jdbc:sqlite::memory:" }.connection).use { connection ->
            val session = JdbcSession(connection, 0)
            session.update("CREATE TABLE t (a INTEGER PRIMARY KEY)")
            session.update("INSERT INTO t VALUES (?)", 1)
            runCatching { session.update("INSERT INTO t VALUES (?)", 1) }.isFailure shouldBe true
            session.update("INSERT INTO t VALUES (?)", 2) shouldBe 1
            session.query("SELECT a FROM t ORDER BY a") { it.getInt(1) } shouldBe listOf(1, 2)
        }
    }
})
