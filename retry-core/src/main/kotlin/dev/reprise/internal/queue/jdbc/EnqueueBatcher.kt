package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.util.LARGEST_BATCH_BYTES
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.milliseconds

/**
 * Stores in one transaction what many callers enqueue at the same time, with one wait for the disk. While one of them writes for a group,
 * the next group gathers; its first caller writes next. Each caller returns when its own calls are on the disk.
 *
 * Callers in a loop come back just after their group was written, so a group waits a moment until it is as large as the last one. A single
 * caller does not wait.
 */
internal class EnqueueBatcher(
    private val write: suspend (List<NewCall>) -> List<EnqueueResult>,
) {
    private class Request(
        val calls: List<NewCall>,
    ) {
        /** Completed when there is a result, or when it is this caller's turn to write. */
        val turn = CompletableDeferred<Unit>()

        val bytes: Long get() =
            calls.sumOf {
                it.payload.bytes.size
                    .toLong()
            }

        @Volatile
        var response: Result<List<EnqueueResult>>? = null

        fun respond(result: Result<List<EnqueueResult>>) {
            response = result
            turn.complete(Unit)
        }
    }

    private val waiting = ArrayDeque<Request>()
    private var isWriting = false
    private var lastSize = 1

    /** Completed when the group that gathers is as large as the last one; null if no caller waits for that. */
    private var isLarge: CompletableDeferred<Unit>? = null

    suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> {
        val request = Request(calls)
        if (!begins(request)) awaitTurn(request)
        if (request.response == null) gatherAndWrite(request)
        return checkNotNull(request.response).getOrThrow()
    }

    private fun begins(request: Request): Boolean =
        synchronized(waiting) {
            if (isWriting) waiting += request
            if (hasAllOfLast()) isLarge?.complete(Unit)
            !isWriting.also { isWriting = true }
        }

    /** A caller that is cancelled while it waits has enqueued nothing. If its calls are being written at this moment, it waits for the result. */
    private suspend fun awaitTurn(request: Request) {
        try {
            request.turn.await()
        } catch (e: CancellationException) {
            if (synchronized(waiting) { waiting.remove(request) }) throw e
            withContext(NonCancellable) { request.turn.await() }
            if (request.response != null) return
            passOn()
            throw e
        }
    }

    private fun hasAllOfLast() = waiting.size + 1 >= lastSize

    private suspend fun gatherAndWrite(first: Request) {
        try {
            gather()
            // The others of the group are independent of the caller that writes for them.
            withContext(NonCancellable) { write(groupOf(first)) }
        } finally {
            passOn()
        }
    }

    private suspend fun gather() {
        val large = synchronized(waiting) { if (hasAllOfLast()) null else CompletableDeferred<Unit>().also { isLarge = it } } ?: return
        withTimeoutOrNull(LONGEST_GATHERING) { large.await() }
        synchronized(waiting) { isLarge = null }
    }

    private fun groupOf(first: Request): List<Request> =
        synchronized(waiting) {
            val group = arrayListOf(first)
            var size = first.calls.size
            var bytes = first.bytes
            while (waiting.isNotEmpty() && size + waiting.first().calls.size <= LARGEST && bytes < LARGEST_BATCH_BYTES) {
                group +=
                    waiting.removeFirst().also {
                        size += it.calls.size
                        bytes += it.bytes
                    }
            }
            group.also { lastSize = it.size }
        }

    /** If the store rejects a group because of one of its calls, the others are accepted without it. */
    private suspend fun write(group: List<Request>) {
        val responses = runCatching { write(group.flatMap { it.calls }) }
        val failure = responses.exceptionOrNull()
        if (failure != null && failure !is StoreUnavailableException && group.size > 1) {
            return group.chunked((group.size + 1) / 2).forEach { write(it) }
        }
        var from = 0
        for (request in group) {
            val to = from + request.calls.size
            val part = from
            request.respond(responses.map { it.subList(part, to) })
            from = to
        }
    }

    private fun passOn() {
        val next = synchronized(waiting) { waiting.removeFirstOrNull().also { if (it == null) isWriting = false } }
        next?.turn?.complete(Unit)
    }

    companion object {
        private const val LARGEST = 500
        private val LONGEST_GATHERING = 1.milliseconds

        /** Calls with keys can have to wait for another transaction, and the others must not wait with them. */
        fun canJoin(calls: List<NewCall>): Boolean = calls.all { it.uniqueKey == null && it.orderKey == null }
    }
}
