package dev.reprise.internal.workflow.jdbc

import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Proxy
import java.sql.Connection
import javax.sql.DataSource

/** Calls [watch] before each use of a connection. */
internal class Watched(
    private val source: DataSource,
    private val watch: () -> Unit,
) : DataSource by source {
    override fun getConnection(): Connection {
        watch()
        val real = source.connection
        return Proxy.newProxyInstance(javaClass.classLoader, arrayOf(Connection::class.java)) { _, method, arguments ->
            if (method.name != "close") watch()
            try {
                method.invoke(real, *arguments.orEmpty())
            } catch (e: InvocationTargetException) {
                throw e.targetException
            }
        } as Connection
    }
}
