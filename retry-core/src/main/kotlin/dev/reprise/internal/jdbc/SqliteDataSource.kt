package dev.reprise.internal.jdbc

import java.io.PrintWriter
import java.nio.file.Path
import java.sql.Connection
import java.sql.DriverManager
import java.sql.SQLException
import java.sql.SQLFeatureNotSupportedException
import java.util.logging.Logger
import javax.sql.DataSource

/** The file as a source of connections. */
internal class SqliteDataSource(
    file: Path,
) : DataSource {
    private val url = "jdbc:sqlite:${file.toAbsolutePath()}"

    override fun getConnection(): Connection =
        try {
            DriverManager.getConnection(url)
        } catch (e: SQLException) {
            if (DriverManager.drivers().anyMatch { it.acceptsURL(url) }) throw e
            throw SQLException("cannot open $url: no JDBC driver for SQLite found; add org.xerial:sqlite-jdbc", e.sqlState, e)
        }

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
