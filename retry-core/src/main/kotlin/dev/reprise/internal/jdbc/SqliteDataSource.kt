package dev.reprise.internal.jdbc

import java.io.PrintWriter
import java.nio.file.Path
import java.sql.Connection
import java.sql.DriverManager
import java.sql.SQLFeatureNotSupportedException
import java.util.logging.Logger
import javax.sql.DataSource

/** The file as a source of connections. */
internal class SqliteDataSource(
    private val file: Path,
) : DataSource {
    override fun getConnection(): Connection = DriverManager.getConnection("jdbc:sqlite:$name")

    /** What follows a question mark would be taken for settings, unless the name is a URI in which it is encoded. */
    private val name: String
        get() {
            val path = file.toAbsolutePath().toString()
            return if ('?' in path) "file:" + path.replace("%", "%25").replace("?", "%3F").replace("#", "%23") else path
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
