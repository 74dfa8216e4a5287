package dev.reprise.queue.jdbc

import dev.reprise.jdbc.JdbcSession
import dev.reprise.queue.CallClock
import java.util.concurrent.ConcurrentHashMap

/** Fills in statements: `{p}` is the prefix of the tables, `{now}` the present in epoch milliseconds on the clock of the database. */
internal class Sql(
    private val prefix: String,
    val dialect: Dialect,
    private val clock: CallClock?,
) {
    private val filled = ConcurrentHashMap<String, String>()

    operator fun invoke(template: String): String {
        val sql = filled.getOrPut(template) { template.replace("{p}", prefix).let { if (clock == null) it.replace("{now}", dialect.now) else it } }
        return if (clock == null) sql else sql.replace("{now}", clock.millis().toString())
    }

    /** The present, for what cannot be said in a statement. */
    fun now(session: JdbcSession): Long = checkNotNull(session.first(this("SELECT {now}")) { it.getLong(1) })
}
