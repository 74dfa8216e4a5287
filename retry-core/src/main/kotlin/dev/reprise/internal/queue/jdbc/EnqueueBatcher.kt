package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.GroupWriter
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall

/** Stores in one transaction what many callers enqueue at the same time. If the store rejects a group because of one call, the others are accepted. */
internal class EnqueueBatcher(
    private val write: suspend (List<NewCall>) -> List<EnqueueResult>,
) {
    private val groups =
        GroupWriter<List<NewCall>, List<EnqueueResult>>(
            LARGEST,
            sizeOf = { calls ->
                GroupWriter.Size(
                    calls.size,
                    calls.sumOf {
                        it.payload.bytes.size
                            .toLong()
                    },
                )
            },
            isWorthSplitting = { it !is StoreUnavailableException },
            write = ::writeAll,
        )

    suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> = groups.submit(calls)

    private suspend fun writeAll(group: List<List<NewCall>>): List<List<EnqueueResult>> {
        val results = write(group.flatten()).iterator()
        return group.map { calls -> List(calls.size) { results.next() } }
    }

    companion object {
        private const val LARGEST = 500

        /**
         * Calls with keys can have to wait for another transaction, and the others must not wait with them. Where there is one writer, all wait for
         * each other anyway, and the fewer transactions there are, the sooner it is the turn of the workers.
         */
        fun canJoin(
            calls: List<NewCall>,
            dialect: Dialect,
        ): Boolean = dialect.hasOneWriter || calls.all { it.uniqueKey == null && it.orderKey == null }
    }
}
