package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.spi.CallClock
import java.util.concurrent.ConcurrentHashMap

/** Fills in statements: `{p}` is the prefix of the tables, `{now}` the present in epoch
 * milliseconds on the clock of the database, `{empty}` no bytes. */
internal class SqlTemplate(
    private val prefix: String,
    val dialect: Dialect,
    private val clock: CallClock?,
) {
    private val filled = ConcurrentHashMap<String, String>()

    operator fun invoke(template: String): String {
        if (clock != null) return filled(template, clock.millis().toString())
        return filled.getOrPut(template) { filled(template, dialect.now) }
    }

    private fun filled(
        template: String,
        now: String,
    ) = template.replace("{p}", prefix).replace("{now}", now).replace("{empty}", dialect.emptyBytes)

    /** The present, for what cannot be expressed in a statement. */
    fun now(session: JdbcSession): Long = checkNotNull(session.first(this("SELECT {now}")) { it.getLong(1) })
}
