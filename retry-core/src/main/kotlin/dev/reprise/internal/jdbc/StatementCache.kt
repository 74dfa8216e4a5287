package dev.reprise.internal.jdbc

import java.sql.Connection
import java.sql.PreparedStatement

/** Keeps the statements that were used last ready to be used again. For one user at a time. */
internal class StatementCache(
    private val real: Connection,
) : Connection by real {
    private val statements =
        object : LinkedHashMap<String, PreparedStatement>(KEPT * 2, 0.75f, true) {
            override fun removeEldestEntry(eldest: MutableMap.MutableEntry<String, PreparedStatement>): Boolean =
                (size > KEPT).also { if (it) eldest.value.close() }
        }

    /** A statement that is not to be closed. What a failure has left of a batch is gone from it. */
    fun statement(sql: String): PreparedStatement = statements.getOrPut(sql) { real.prepareStatement(sql) }.apply { clearBatch() }

    private companion object {
        const val KEPT = 50
    }
}
