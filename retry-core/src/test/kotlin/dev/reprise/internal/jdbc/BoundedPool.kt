package dev.reprise.internal.jdbc

import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Proxy
import java.sql.Connection
import java.sql.SQLException
import java.util.concurrent.Semaphore
import java.util.concurrent.atomic.AtomicBoolean
import javax.sql.DataSource

/** At most [size] connections of [source] at a time; others wait, as in the pools of applications. */
class BoundedPool(
    private val source: DataSource,
    private val size: Int,
) : DataSource by source {
    private val free = Semaphore(size, true)

    val inUse: Int get() = size - free.availablePermits()

    override fun getConnection(): Connection {
        free.acquire()
        val real =
            try {
                source.connection
            } catch (e: SQLException) {
                free.release()
                throw e
            }
        val isGivenBack = AtomicBoolean()
        return Proxy.newProxyInstance(javaClass.classLoader, arrayOf(Connection::class.java)) { _, method, arguments ->
            if (method.name == "close" && isGivenBack.compareAndSet(false, true)) free.release()
            try {
                method.invoke(real, *arguments.orEmpty())
            } catch (e: InvocationTargetException) {
                throw e.targetException
            }
        } as Connection
    }
}
