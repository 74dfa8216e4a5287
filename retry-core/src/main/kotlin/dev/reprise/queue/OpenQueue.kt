package dev.reprise.queue

import dev.reprise.internal.jdbc.SqliteDataSource
import java.nio.file.Path

/**
 * A queue in the SQLite file [file], which is made if it is not there. It needs `org.xerial:sqlite-jdbc` and nothing else; several
 * processes on one machine may open the same file. `shutdown` closes it.
 *
 * @throws dev.reprise.queue.model.StoreUnavailableException if the file cannot be opened, or the driver is missing.
 */
public suspend fun RetryQueue.Companion.open(
    file: Path,
    block: RetryQueueBuilder.() -> Unit = {},
): RetryQueue {
    val store = JdbcCallStore(file)
    store.migrate()
    return RetryQueue.owning(store, block)
}

/** A store in the SQLite file [file], which is made if it is not there. */
public fun JdbcCallStore(file: Path): JdbcCallStore = JdbcCallStore(SqliteDataSource(file))
