package dev.reprise.benchmarks.queue

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import org.sqlite.SQLiteDataSource
import javax.sql.DataSource

/** The same pool for all contenders: room for all callers, all workers and what runs beside them. */
fun pool(
    url: String,
    size: Int = POOL_SIZE,
): HikariDataSource =
    HikariDataSource(
        HikariConfig().apply {
            jdbcUrl = url
            maximumPoolSize = size
            minimumIdle = size
        },
    )

/** A SQLite file as a source of connections. */
fun sqlite(url: String): DataSource = SQLiteDataSource().apply { setUrl(url) }

private const val POOL_SIZE = 90
