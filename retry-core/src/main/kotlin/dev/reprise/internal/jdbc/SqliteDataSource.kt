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
    private val path = file.toAbsolutePath()

    /** What follows a question mark would be taken for settings, unless the name is a URI in which it is encoded. */
    private val name: String =
        path.toString().let { if ('?' in it) "file:" + it.replace("%", "%25").replace("?", "%3F").replace("#", "%23") else it }

    override fun getConnection(): Connection =
        try {
            DriverManager.getConnection("jdbc:sqlite:$name").also(::read)
        } catch (e: SQLException) {
            throw SQLException("cannot open the SQLite file $path: ${e.reason()}", e.sqlState, e.errorCode, e)
        }

    /** The driver reads nothing of the file before the first statement. */
    private fun read(connection: Connection) {
        try {
            connection.createStatement().use { it.execute("PRAGMA schema_version") }
        } catch (e: SQLException) {
            connection.close()
            throw e
        }
    }

    private fun SQLException.reason() = if (sqlState == NO_DRIVER) "no JDBC driver found; add org.xerial:sqlite-jdbc" else message

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

    private companion object {
        /** What the driver manager throws where no driver knows the URL. */
        const val NO_DRIVER = "08001"
    }
}
