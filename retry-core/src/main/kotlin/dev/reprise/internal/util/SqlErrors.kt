package dev.reprise.internal.util

import java.sql.SQLException

/** What JDBC adds to an exception: the SQLState, the code of the vendor, and the exceptions that are chained to it. */
internal class SqlError(
    val state: String?,
    val code: Int,
    val next: Throwable?,
)

/** This failure as JDBC describes it; null if it is no `SQLException`, and in a runtime without the module `java.sql`. */
internal val Throwable.sqlError: SqlError? get() = if (hasSql) SqlReader.read(this) else null

private val hasSql: Boolean =
    try {
        Class.forName("java.sql.SQLException", false, SqlError::class.java.classLoader)
        true
    } catch (_: ClassNotFoundException) {
        false
    }

/** The only class here that links to `java.sql`, which is optional. */
private object SqlReader {
    fun read(failure: Throwable): SqlError? = (failure as? SQLException)?.run { SqlError(sqlState, errorCode, nextException) }
}
