package dev.reprise.queue

import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.suite.CallQueueHost
import dev.reprise.queue.suite.callQueueSuite
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withContext
import java.io.File
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration

/** Queues on stores that [open] creates, each with one worker; nothing is excused. */
private class StoreHost(
    private val open: suspend () -> CallStore,
) : CallQueueHost {
    override suspend fun run(
        registry: HandlerRegistry,
        story: suspend (CallQueue) -> Unit,
    ): Unit =
        open().use { store ->
            withContext(Dispatchers.Default) {
                coroutineScope {
                    val queue = RetryQueue.on(store, registry)
                    queue.start(this)
                    try {
                        story(queue)
                    } finally {
                        queue.shutdown(Duration.ZERO)
                    }
                }
            }
        }
}

class CallQueueTest : FunSpec({
    val server = TestPostgres()
    val folder = tempdir()
    val files = AtomicInteger()
    afterSpec { server.close() }

    include("in memory:", callQueueSuite(StoreHost { InMemoryCallStore() }))
    include(
        "SQLite:",
        callQueueSuite(
            StoreHost {
                JdbcCallStore(SqliteDataSource(File(folder, "calls${files.incrementAndGet()}.db").toPath())).also { it.migrate() }
            },
        ),
    )
    include(
        "PostgreSQL:",
        callQueueSuite(StoreHost { JdbcCallStore(server.shared, "${server.newName()}_").also { it.migrate() } }),
    )
})
