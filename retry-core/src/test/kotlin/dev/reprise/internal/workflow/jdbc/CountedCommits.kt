package dev.reprise.internal.workflow.jdbc

import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Proxy
import java.sql.Connection
import java.sql.PreparedStatement
import java.sql.Statement
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource

/** Counts the transactions on [source] that write: those that are committed, and statements that are their own. */
internal class CountedCommits(
    private val source: DataSource,
    private val count: AtomicInteger,
) : DataSource by source {
    override fun getConnection(): Connection =
        source.connection.let { real ->
            counted(real) { name, arguments -> onConnection(real, name, arguments) }
        }

    private fun onConnection(
        real: Connection,
        name: String,
        arguments: Array<Any?>,
    ): (Any?) -> Any? {
        if (name == "commit") count.incrementAndGet()
        return when (name) {
            "createStatement" -> { made -> counted(made as Statement) { call, values -> onStatement(call, values) } }

            "prepareStatement" -> { made ->
                prepared(real, made as PreparedStatement, isRead = "${arguments.first()}".startsWith("SELECT"))
            }

            else -> { made -> made }
        }
    }

    private fun prepared(
        connection: Connection,
        statement: PreparedStatement,
        isRead: Boolean,
    ) = if (isRead) statement else counted(statement) { call, _ -> onPrepared(connection, call) }

    private fun onStatement(
        name: String,
        arguments: Array<Any?>,
    ): (Any?) -> Any? {
        if (name == "execute" && arguments.firstOrNull() == "COMMIT") count.incrementAndGet()
        return { it }
    }

    private fun onPrepared(
        connection: Connection,
        name: String,
    ): (Any?) -> Any? {
        val isServer = !connection.javaClass.name.startsWith("org.sqlite")
        if (isServer && name.startsWith("execute") && connection.autoCommit) count.incrementAndGet()
        return { it }
    }

    private inline fun <reified T : Any> counted(
        real: T,
        crossinline onCall: (String, Array<Any?>) -> (Any?) -> Any?,
    ): T =
        Proxy.newProxyInstance(javaClass.classLoader, arrayOf(T::class.java)) { _, method, arguments ->
            val then = onCall(method.name, arguments ?: emptyArray())
            try {
                then(method.invoke(real, *arguments.orEmpty()))
            } catch (e: InvocationTargetException) {
                throw e.targetException
            }
        } as T
}
