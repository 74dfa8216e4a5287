package dev.reprise.internal.jdbc

import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Proxy
import java.sql.Connection
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicBoolean
import javax.sql.DataSource

/** Reuses closed connections of [source]. */
class SmallPool(
    private val source: DataSource,
) : DataSource by source {
    private val idle = ConcurrentLinkedQueue<Connection>()

    override fun getConnection(): Connection {
        val real = generateSequence { idle.poll() }.firstOrNull { !it.isClosed } ?: source.connection
        val isGivenBack = AtomicBoolean()
        return Proxy.newProxyInstance(javaClass.classLoader, arrayOf(Connection::class.java)) { _, method, arguments ->
            if (method.name == "close") {
                if (isGivenBack.compareAndSet(false, true)) idle += real
                null
            } else {
                try {
                    method.invoke(real, *arguments.orEmpty())
                } catch (e: InvocationTargetException) {
                    throw e.targetException
                }
            }
        } as Connection
    }
}
