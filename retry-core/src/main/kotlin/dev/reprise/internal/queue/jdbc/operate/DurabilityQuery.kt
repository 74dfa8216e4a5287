package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.operate.StoreDurability

/** Queries the settings of a database that decide what survives its crash. */
internal object DurabilityQuery {
    fun of(
        product: DatabaseProduct,
        session: JdbcSession,
    ): StoreDurability = if (product == DatabaseProduct.SQLITE) ofSqlite(session) else ofPostgres(session)

    private fun ofPostgres(session: JdbcSession) =
        session
            .query(POSTGRES) { row ->
                val settings = mapOf("fsync" to row.getString(2), "synchronous_commit" to row.getString(3))
                val isOnDisk = settings.none { (name, value) -> StoreDurability.isWeak(name, value) }
                StoreDurability("PostgreSQL ${row.getString(1)}", isOnDisk, settings, row.getString(4), row.getInt(5))
            }.single()

    private fun ofSqlite(session: JdbcSession): StoreDurability {
        fun value(sql: String) = session.query(sql) { it.getString(1) }.single()
        val synchronous = SYNCHRONOUS[value("PRAGMA synchronous").toInt()]
        val settings = mapOf("synchronous" to synchronous, "journal_mode" to value("PRAGMA journal_mode"))
        val isOnDisk = !StoreDurability.isWeak("synchronous", synchronous)
        return StoreDurability("SQLite ${value("SELECT sqlite_version()")}", isOnDisk, settings, "", 0)
    }

    private val SYNCHRONOUS = listOf("off", "normal", "full", "extra")
    private const val POSTGRES =
        "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'), " +
            "current_setting('synchronous_standby_names'), (SELECT count(*) FROM pg_stat_replication)"
}
