package dev.reprise.console.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import java.lang.reflect.Proxy
import java.sql.Connection.TRANSACTION_READ_COMMITTED
import java.sql.Driver
import java.sql.DriverManager
import java.sql.DriverPropertyInfo
import java.sql.SQLException
import java.util.Properties
import java.util.logging.Logger
import java.sql.Connection as JdbcConnection

/** A server that dies when its first client looks for the level of isolation, and is there again for the next one. */
private class DyingServer : Driver {
    var connections = 0

    override fun acceptsURL(url: String) = url == URL

    override fun connect(
        url: String,
        info: Properties,
    ): JdbcConnection? = if (acceptsURL(url)) connection(isDying = ++connections == 1) else null

    private fun connection(isDying: Boolean): JdbcConnection {
        var isDead = false
        return Proxy.newProxyInstance(javaClass.classLoader, arrayOf(JdbcConnection::class.java)) { _, method, values ->
            isDead = isDead || (isDying && method.name == "getTransactionIsolation")
            when {
                isDead && method.name != "close" -> throw SQLException("the connection is gone", "08006")
                method.name == "getTransactionIsolation" -> TRANSACTION_READ_COMMITTED
                method.name == "setTransactionIsolation" && values[0] == -1 -> throw SQLException("level -1 is not supported")
                method.returnType == Boolean::class.java -> method.name in setOf("isValid", "getAutoCommit")
                method.returnType == Int::class.java -> 0
                else -> null
            }
        } as JdbcConnection
    }

    override fun getMajorVersion() = 1

    override fun getMinorVersion() = 0

    override fun jdbcCompliant() = false

    override fun getPropertyInfo(
        url: String,
        info: Properties,
    ): Array<DriverPropertyInfo> = emptyArray()

    override fun getParentLogger(): Logger = Logger.getGlobal()

    companion object {
        const val URL = "jdbc:dying:"
    }
}

class PoolTest : FunSpec({
    test("a pool whose first connection dies while it opens opens another one") {
        val server = DyingServer().also(DriverManager::registerDriver)
        try {
            Connection().pool(DyingServer.URL).use { it.connection.close() }
            server.connections shouldBeGreaterThan 1
        } finally {
            DriverManager.deregisterDriver(server)
        }
    }
})
