package dev.reprise.spring

import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.spi.CallStore
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.Test
import java.util.function.Supplier

/** A store in a database that can lose calls. */
@OptIn(RepriseSpi::class)
private class WeakStore(
    override val warnings: List<String>,
) : CallStore by InMemoryCallStore()

class WarningsTest {
    private fun detailsWith(
        warnings: List<String>,
        workers: Boolean,
    ): Map<String, Any> {
        lateinit var details: Map<String, Any>
        Contexts
            .withQueue()
            .withPropertyValues("reprise.queue.workers=$workers")
            .withBean(CallStore::class.java, Supplier { WeakStore(warnings) })
            .run { context -> details = context.getBean(QueueStatus::class.java).details }
        return details
    }

    @Test
    fun `warnings of the store are details of the health only if there are some`() {
        val warnings = listOf("calls can be lost in a crash")
        for (workers in listOf(true, false)) {
            assertThat(detailsWith(warnings, workers)).containsEntry("warnings", warnings)
            assertThat(detailsWith(emptyList(), workers)).doesNotContainKey("warnings")
        }
    }
}
