package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.BackgroundWork
import dev.reprise.internal.jdbc.Database
import kotlinx.coroutines.delay
import java.sql.SQLException
import kotlin.time.Duration.Companion.milliseconds

/**
 * Advances orders in the background that were locked when their head ended. If it does not succeed in time, the next caller that joins the
 * order does, or the sweep of a worker.
 */
internal class PendingOrders(
    private val database: Database,
    private val orders: OrderKeys,
) : AutoCloseable {
    private val background = BackgroundWork("orders")

    /** Called after an order has advanced. */
    @Volatile
    var onAdvanced: () -> Unit = {}

    /** Advances the order [key] as soon as it is not locked. */
    fun advanceSoon(key: String) {
        background.launch {
            for (wait in WAITS) {
                delay(wait)
                if (tryAdvance(key)) return@launch onAdvanced()
            }
        }
    }

    private suspend fun tryAdvance(key: String): Boolean =
        try {
            database.transaction { orders.advancePending(this, key) }
        } catch (_: SQLException) {
            false
        }

    override fun close() {
        background.close()
    }

    private companion object {
        val WAITS = listOf(5, 20, 50, 100, 250, 500).map { it.milliseconds }
    }
}
