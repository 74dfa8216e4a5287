package dev.reprise.benchmarks.workflow

import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Proxy
import java.sql.Connection
import java.sql.PreparedStatement
import java.sql.Statement
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource

/** Counts the statements that are sent through [source], by any caller, and the commits of what they write. */
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
        // Also on a connection that stays open: SQLite shows by its statements whether a transaction is open.
        var isOpen = false
        return real.watched { method, arguments, result ->
            when {
                method == "commit" -> {
                    result.also { commits.incrementAndGet() }
                }

                method == "prepareStatement" -> {
                    val isRead = "${arguments.first()}".startsWith("SELECT")
                    (result as PreparedStatement).watched { call, _, value ->
                        value.also { if (isExecution(call)) count(real, isOpen, isRead) }
                    }
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
        isRead: Boolean = false,
    ) {
        statements.incrementAndGet()
        if (isRead) return
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
