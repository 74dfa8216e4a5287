package dev.reprise.internal.queue.jdbc

import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import java.lang.reflect.Proxy
import java.sql.Connection
import java.sql.PreparedStatement
import java.sql.SQLException
import java.sql.Statement
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.LockSupport
import javax.sql.DataSource

/** What can go wrong at one step of the work with a database. */
enum class Fault {
    /** The step fails and is not done. */
    BEFORE,

    /** The step is done, and its response is lost. */
    AFTER,

    /** The connection is gone before the step. */
    DROP,

    /** The step is done late. */
    DELAY,

    /** The transaction is rolled back by the database, as after a deadlock. */
    DEADLOCK,
}

/** Returns connections of [source] whose steps (taking one, each statement, each commit) go wrong as [plan] says for their number. */
class FaultySource(
    private val source: DataSource,
) : DataSource by source {
    private val count = AtomicInteger()
    private val open = AtomicInteger()

    /** The fault for a step, from 1; null for none. */
    @Volatile
    var plan: (Int) -> Fault? = { null }

    /** The steps since [begin]. */
    val steps: Int get() = count.get()

    /** How many transactions are open now. */
    val transactions: Int get() = open.get()

    fun begin(plan: (Int) -> Fault? = { null }) {
        count.set(0)
        this.plan = plan
    }

    override fun getConnection(): Connection {
        val real = step(null) { source.connection }
        return proxy<Connection> { method, arguments -> connectionCall(real, method, arguments) }
    }

    private fun connectionCall(
        real: Connection,
        method: Method,
        arguments: Array<Any?>,
    ): Any? {
        if (method.name == "setAutoCommit" && arguments[0] != real.autoCommit) {
            if (arguments[0] == false) open.incrementAndGet() else open.decrementAndGet()
        }
        return when (method.name) {
            "commit" -> step(real) { call(real, method, arguments) }
            "prepareStatement" -> statement<PreparedStatement>(real, call(real, method, arguments))
            "createStatement" -> statement<Statement>(real, call(real, method, arguments))
            else -> call(real, method, arguments)
        }
    }

    private inline fun <reified T : Statement> statement(
        connection: Connection,
        real: Any?,
    ): T =
        proxy<T> { method, arguments ->
            checkNotNull(real)
            if (!method.name.startsWith("execute")) return@proxy call(real, method, arguments)
            val sql = arguments.firstOrNull() as? String
            if (sql == "ROLLBACK") return@proxy call(real, method, arguments).also { open.decrementAndGet() }
            if (sql?.startsWith("PRAGMA") == true) return@proxy call(real, method, arguments)
            step(connection) { call(real, method, arguments) }.also {
                if (sql == "BEGIN IMMEDIATE") open.incrementAndGet()
                if (sql == "COMMIT") open.decrementAndGet()
            }
        }

    private fun <T> step(
        connection: Connection?,
        work: () -> T,
    ): T =
        when (plan(count.incrementAndGet())) {
            null -> work()
            Fault.BEFORE -> throw SQLException("injected: refused", "XX000")
            Fault.AFTER -> work().let { throw SQLException("injected: the response is lost", "XX000") }
            Fault.DROP -> throw SQLException("injected: the connection is gone", "08006").also { connection?.let(::drop) }
            Fault.DELAY -> work().also { LockSupport.parkNanos(LATE_NANOS) }
            Fault.DEADLOCK -> throw SQLException("injected: a deadlock", "40P01")
        }

    private fun drop(connection: Connection) {
        // A pool takes a closed connection back: only this ends it.
        if (connection.metaData.databaseProductName == "PostgreSQL") connection.abort(Runnable::run) else connection.close()
    }

    private fun call(
        real: Any,
        method: Method,
        arguments: Array<Any?>,
    ): Any? =
        try {
            method.invoke(real, *arguments)
        } catch (e: InvocationTargetException) {
            throw e.targetException
        }

    private inline fun <reified T> proxy(crossinline handle: (Method, Array<Any?>) -> Any?): T =
        Proxy.newProxyInstance(javaClass.classLoader, arrayOf(T::class.java)) { _, method, arguments ->
            handle(method, arguments ?: emptyArray())
        } as T

    private companion object {
        const val LATE_NANOS = 2_000_000L
    }
}
