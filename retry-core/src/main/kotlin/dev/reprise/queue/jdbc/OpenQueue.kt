package dev.reprise.queue.jdbc

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import java.io.PrintWriter
import java.nio.file.Path
import java.sql.Connection
import java.sql.DriverManager
import java.sql.SQLFeatureNotSupportedException
import java.util.logging.Logger
import javax.sql.DataSource

/**
 * A queue in the SQLite file [file], which is made if it is not there. It needs `org.xerial:sqlite-jdbc` and nothing else; several
 * processes on one machine may open the same file. `shutdown` closes it.
 *
 * @throws dev.reprise.queue.StoreUnavailableException if the file cannot be opened, or the driver is missing.
 */
public suspend fun RetryQueue.Companion.open(
    file: Path,
    block: RetryQueueBuilder.() -> Unit = {},
): RetryQueue {
    val store = JdbcCallStore(file)
    store.migrate()
    return RetryQueue.owning(store, block)
}

/** A store in the SQLite file [file], which is made if it is not there. */
public fun JdbcCallStore(file: Path): JdbcCallStore = JdbcCallStore(SqliteFile(file))

/** The file as a source of connections. */
internal class SqliteFile(
    private val file: Path,
) : DataSource {
    override fun getConnection(): Connection = DriverManager.getConnection("jdbc:sqlite:${file.toAbsolutePath()}")

    override fun getConnection(
        username: String?,
        password: String?,
    ): Connection = connection

    override fun getLogWriter(): PrintWriter? = null

    override fun setLogWriter(out: PrintWriter?) = Unit

    override fun getLoginTimeout(): Int = 0

    override fun setLoginTimeout(seconds: Int) = Unit

    override fun getParentLogger(): Logger = throw SQLFeatureNotSupportedException()

    override fun <T> unwrap(type: Class<T>): T = type.cast(this)

    override fun isWrapperFor(type: Class<*>): Boolean = type.isInstance(this)
}
