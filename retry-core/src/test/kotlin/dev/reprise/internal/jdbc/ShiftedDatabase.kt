package dev.reprise.internal.jdbc

import org.postgresql.ds.PGSimpleDataSource
import javax.sql.DataSource
import kotlin.time.Duration

/** A database whose clock can be set, as by a standby that takes over: its connections find another `statement_timestamp()` first. */
internal class ShiftedDatabase(
    url: String,
) {
    private val plain = PGSimpleDataSource().apply { setUrl(url) }

    init {
        execute(
            "CREATE SCHEMA shifted",
            "CREATE TABLE shifted.shift (millis BIGINT NOT NULL)",
            "INSERT INTO shifted.shift VALUES (0)",
            CLOCK,
        )
    }

    val source: DataSource = SmallPool(PGSimpleDataSource().apply { setUrl("$url&options=-c%20search_path=shifted,pg_catalog,public") })

    fun shift(by: Duration): Unit = execute("UPDATE shifted.shift SET millis = ${by.inWholeMilliseconds}")

    private fun execute(vararg statements: String) {
        plain.connection.use { connection -> statements.forEach { connection.createStatement().execute(it) } }
    }

    private companion object {
        const val CLOCK =
            "CREATE FUNCTION shifted.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS " +
                "'SELECT pg_catalog.statement_timestamp() + millis * interval ''1 millisecond'' FROM shifted.shift'"
    }
}
