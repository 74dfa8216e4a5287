package dev.reprise.internal.jdbc

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.lang.reflect.Proxy
import java.sql.Connection
import java.sql.SQLException
import java.util.Collections
import java.util.concurrent.CountDownLatch
import javax.sql.DataSource

/** A pool of one connection that records what is done with it. */
private class LoggedSource {
    val log: MutableList<String> = Collections.synchronizedList(ArrayList())
    var beforeTaking: () -> Unit = {}

    /** Completed when the connection was returned for the first time. */
    val givenBack = CompletableDeferred<Unit>()

    val source: DataSource =
        proxy { name, _ ->
            check(name == "getConnection")
            beforeTaking()
            log += "taken"
            connection
        }

    private val connection: Connection =
        proxy { name, arguments ->
            when (name) {
                "getAutoCommit" -> true
                "isClosed" -> false
                "getNetworkTimeout" -> 0
                "setNetworkTimeout" -> log.add("network ${arguments[1]}").let { null }
                "setAutoCommit" -> log.add("autoCommit ${arguments[0]}").let { null }
                "close" -> log.add("given back").let { null }.also { givenBack.complete(Unit) }
                else -> log.add(name).let { null }
            }
        }
}

private inline fun <reified T> proxy(crossinline answer: (String, Array<Any?>) -> Any?): T =
    Proxy.newProxyInstance(T::class.java.classLoader, arrayOf(T::class.java)) { _, method, arguments ->
        answer(method.name, arguments ?: emptyArray())
    } as T

private fun database(
    pool: LoggedSource,
    seconds: Int = 30,
) = Database(PooledConnections(pool.source, 35_000), Dispatchers.IO, seconds)

class DatabaseTest : FunSpec({
    test("a connection is returned with its original settings, and has a network timeout while it is in use") {
        val pool = LoggedSource()
        database(pool).transaction { pool.log += "work" }
        pool.log shouldContainExactly
            listOf(
                "taken",
                "network 35000",
                "autoCommit false",
                "work",
                "clearWarnings",
                "commit",
                "getWarnings",
                "autoCommit true",
                "network 0",
                "given back",
            )
    }

    for (state in listOf("40001", "40P01")) {
        test("a transaction that the database rolled back with $state is retried, at most five times") {
            val pool = LoggedSource()
            var tries = 0
            database(pool).transaction { if (++tries < 6) throw SQLException("by chance", state) else "done" } shouldBe "done"
            tries = -100
            shouldThrow<SQLException> { database(pool).transaction { throw SQLException("by chance ${++tries}", state) } }
            tries shouldBe -94
            pool.log.count { it == "rollback" } shouldBe 11
        }
    }

    test("other failures are not retried") {
        val pool = LoggedSource()
        var tries = 0
        shouldThrow<SQLException> { database(pool).transaction { throw SQLException("no such table ${++tries}", "42P01") } }
        tries shouldBe 1
    }

    test("waiting for a connection has a limit, and a connection that comes later is returned unused") {
        val pool = LoggedSource()
        val hang = CountDownLatch(1)
        pool.beforeTaking = { hang.await() }
        val failure = shouldThrow<SQLException> { database(pool, seconds = 1).transaction { pool.log += "work" } }
        failure.message shouldBe "no connection within 1s"
        hang.countDown()
        pool.givenBack.await()
        pool.log shouldContainExactly listOf("taken", "given back")
    }

    test("a caller that is cancelled while it waits for a connection leaves immediately, and nothing is done for it") {
        val pool = LoggedSource()
        val hang = CountDownLatch(1)
        val isHanging = CompletableDeferred<Unit>()
        pool.beforeTaking = {
            isHanging.complete(Unit)
            hang.await()
        }
        runBlocking(Dispatchers.Default) {
            val caller = launch { database(pool).transaction { pool.log += "work" } }
            isHanging.await()
            caller.cancelAndJoin()
        }
        hang.countDown()
        pool.givenBack.await()
        pool.log shouldContainExactly listOf("taken", "given back")
    }

    test("a caller that is cancelled while its transaction runs leaves when that has ended") {
        val pool = LoggedSource()
        val isRunning = CompletableDeferred<Unit>()
        val goOn = CountDownLatch(1)
        runBlocking(Dispatchers.Default) {
            val caller =
                launch {
                    database(pool).transaction {
                        isRunning.complete(Unit)
                        goOn.await()
                    }
                }
            isRunning.await()
            caller.cancel()
            goOn.countDown()
            caller.join()
        }
        pool.log.contains("commit") shouldBe true
    }
})
