package dev.reprise.internal.jdbc

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.BasicFileAttributes
import java.sql.Connection
import java.sql.SQLException
import kotlin.io.path.Path

/**
 * Notices that the file of an open connection was deleted or replaced. SQLite does not: it continues in the file, which can no longer be
 * opened, and what it accepts is lost with the process.
 */
internal class SqliteFileGuard private constructor(
    private val file: Path,
    private val key: Any?,
) {
    /** @throws SQLException if the file is not the one that was opened. */
    fun check() {
        if (!Files.exists(file) || keyOf(file) != key) {
            throw SQLException("the database file $file was deleted or replaced while it was open; restore it, or start again", LOST_STATE)
        }
    }

    companion object {
        /** The SQLState of a connection that is lost. */
        private const val LOST_STATE = "08006"

        /** Guards the file of [connection]; null if it has none, as a database in memory. */
        fun of(connection: Connection): SqliteFileGuard? {
            val file = connection.createStatement().use { it.executeQuery(FILE).use { row -> if (row.next()) row.getString(1) else null } }
            if (file.isNullOrEmpty()) return null
            return Path(file).let { SqliteFileGuard(it, keyOf(it)) }
        }

        /** Null where the system has no keys for files; then only a deletion is noticed. */
        private fun keyOf(file: Path): Any? =
            try {
                Files.readAttributes(file, BasicFileAttributes::class.java).fileKey()
            } catch (_: java.io.IOException) {
                null
            }

        private const val FILE = "SELECT file FROM pragma_database_list WHERE name = 'main'"
    }
}
