package dev.reprise.benchmarks.workflow

import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Proxy
import java.sql.Connection
import java.sql.PreparedStatement
import java.sql.Statement
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource

/** Counts the statements and the commits that are sent through [source], whoever sends them. */
class CountingSource(
    private val source: DataSource,
    private val isSqlite: Boolean,
) : DataSource by source,
    AutoCloseable {
    val commits = AtomicInteger()
    val statements = AtomicInteger()

    fun reset() {
        commits.set(0)
        statements.set(0)
    }

    override fun getConnection(): Connection {
        val real = source.connection
        // Also on a connection that stays open: whether a transaction is open is asked of SQLite by its statements.
        var isOpen = false
        return real.watched { method, arguments, result ->
            when {
                method == "commit" -> {
                    result.also { commits.incrementAndGet() }
                }

                method == "prepareStatement" -> {
                    (result as PreparedStatement).watched { call, _, value -> value.also { if (isExecution(call)) count(real, isOpen) } }
                }

                method != "createStatement" -> {
                    result
                }

                else -> {
                    (result as Statement).watched { call, values, value ->
                        if (isExecution(call)) {
                            when (val sql = "${values.firstOrNull()}".uppercase()) {
                                "COMMIT" -> commits.incrementAndGet().also { isOpen = false }
                                else -> if (sql.startsWith("BEGIN")) isOpen = true else count(real, isOpen)
                            }
                        }
                        value
                    }
                }
            }
        }
    }

    private fun isExecution(method: String) = method.startsWith("execute")

    private fun count(
        connection: Connection,
        isOpen: Boolean,
    ) {
        statements.incrementAndGet()
        if (if (isSqlite) !isOpen else connection.autoCommit) commits.incrementAndGet()
    }

    private inline fun <reified T : Any> T.watched(crossinline onCall: (String, Array<Any?>, Any?) -> Any?): T =
        Proxy.newProxyInstance(javaClass.classLoader, arrayOf(T::class.java)) { _, method, arguments ->
            try {
                onCall(method.name, arguments ?: emptyArray(), method.invoke(this, *arguments.orEmpty()))
            } catch (e: InvocationTargetException) {
                throw e.targetException
            }
        } as T

    override fun close() {
        (source as? AutoCloseable)?.close()
    }
}
