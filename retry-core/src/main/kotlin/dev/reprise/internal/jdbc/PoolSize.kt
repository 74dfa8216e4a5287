package dev.reprise.internal.jdbc

import dev.reprise.internal.util.DaemonThreads
import java.sql.Connection
import java.sql.SQLException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import javax.sql.DataSource

/** How many connections a pool gives at a time. */
internal object PoolSize {
    /** At most [wanted]; fewer if [source] does not give three within a moment. The difference between three and more does not matter. */
    fun of(
        source: DataSource,
        wanted: Int,
        product: DatabaseProduct,
    ): Int {
        if (product == DatabaseProduct.SQLITE || wanted == 1) return wanted
        val held = ArrayList<Connection>()
        try {
            held += source.connection
            while (held.size < minOf(wanted, ENOUGH)) held += inAMoment(source) ?: return held.size.also { warn(it, wanted) }
        } finally {
            held.forEach { it.close() }
        }
        return wanted
    }

    private fun inAMoment(source: DataSource): Connection? {
        val coming = CompletableFuture<Connection>()
        threads
            .newThread {
                try {
                    val connection = source.connection
                    if (!coming.complete(connection)) connection.close()
                } catch (e: SQLException) {
                    coming.completeExceptionally(e)
                }
            }.start()
        return try {
            coming.get(MOMENT_MILLIS, TimeUnit.MILLISECONDS)
        } catch (_: TimeoutException) {
            // One that comes later is closed.
            if (coming.cancel(false)) null else coming.get()
        } catch (_: ExecutionException) {
            null
        }
    }

    private fun warn(
        size: Int,
        wanted: Int,
    ) {
        System.getLogger("dev.reprise").log(System.Logger.Level.WARNING, warning(size, wanted))
    }

    /** What [size] of [wanted] connections mean for a queue; null if they are enough. */
    fun warning(
        size: Int,
        wanted: Int,
    ): String? =
        if (size >= minOf(wanted, ENOUGH)) {
            null
        } else {
            "the pool gives $size of $wanted connections; with fewer than $ENOUGH, callers and the results of calls wait for each other" +
                if (size == 1) ", and other processes are polled for calls" else ""
        }

    private val threads = DaemonThreads("reprise-pool")
    private const val ENOUGH = 3
    private const val MOMENT_MILLIS = 2_000L
}
