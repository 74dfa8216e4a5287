package dev.reprise.queue.jdbc

import dev.reprise.jdbc.SqliteFile
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import java.nio.file.Path

/**
 * A queue in the SQLite file [file], which is made if it is not there. It needs `org.xerial:sqlite-jdbc` and nothing else; several
 * processes on one machine may open the same file. `shutdown` closes it.
 *
 * @throws dev.reprise.queue.StoreUnavailableException if the file cannot be opened, or the driver is missing.
 */
public suspend fun RetryQueue.Companion.open(
    file: Path,
    block: RetryQueueBuilder.() -> Unit = {},
): RetryQueue {
    val store = JdbcCallStore(SqliteFile(file))
    store.migrate()
    return RetryQueue.owning(store, block)
}
