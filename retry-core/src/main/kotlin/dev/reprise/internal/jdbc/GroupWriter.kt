package dev.reprise.internal.jdbc

import dev.reprise.internal.util.LARGEST_BATCH_BYTES
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.milliseconds

/**
 * Writes in one transaction what many callers submit at the same time, with one wait for the disk. While one of them writes for a group, the
 * next group gathers; its first caller writes next. Each caller returns when its own item is on the disk.
 *
 * Callers in a loop come back just after their group was written, so a group waits a moment until it is as large as the last one. A single
 * caller does not wait.
 */
internal class GroupWriter<I, R>(
    /** A group has at most this many rows, unless its first item alone has more. */
    private val largest: Int,
    private val sizeOf: (I) -> Size,
    /** True if a part of a group that failed with this can succeed without the rest. */
    private val isWorthSplitting: (Throwable) -> Boolean,
    /** Writes a group, all or nothing; returns a result for each item. */
    private val write: suspend (List<I>) -> List<R>,
) {
    /** What an item takes in a group. */
    class Size(
        val rows: Int,
        val bytes: Long,
    )

    private class Request<I, R>(
        val item: I,
        val size: Size,
    ) {
        /** Completed when there is a result, or when it is this caller's turn to write. */
        val turn = CompletableDeferred<Unit>()

        @Volatile
        var response: Result<R>? = null

        fun respond(result: Result<R>) {
            response = result
            turn.complete(Unit)
        }
    }

    private val waiting = ArrayDeque<Request<I, R>>()
    private var isWriting = false
    private var lastSize = 1

    /** Completed when the group that gathers is as large as the last one; null if no caller waits for that. */
    private var isLarge: CompletableDeferred<Unit>? = null

    suspend fun submit(item: I): R {
        val request = Request<I, R>(item, sizeOf(item))
        if (!begins(request)) awaitTurn(request)
        if (request.response == null) gatherAndWrite(request)
        return checkNotNull(request.response).getOrThrow()
    }

    private fun begins(request: Request<I, R>): Boolean =
        synchronized(waiting) {
            if (isWriting) waiting += request
            if (hasAllOfLast()) isLarge?.complete(Unit)
            !isWriting.also { isWriting = true }
        }

    /** A caller that is cancelled while it waits has written nothing. If its item is being written at this moment, it waits for the result. */
    private suspend fun awaitTurn(request: Request<I, R>) {
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

    private suspend fun gatherAndWrite(first: Request<I, R>) {
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

    private fun groupOf(first: Request<I, R>): List<Request<I, R>> =
        synchronized(waiting) {
            val group = arrayListOf(first)
            var rows = first.size.rows
            var bytes = first.size.bytes
            while (waiting.isNotEmpty() && rows + waiting.first().size.rows <= largest && bytes < LARGEST_BATCH_BYTES) {
                group +=
                    waiting.removeFirst().also {
                        rows += it.size.rows
                        bytes += it.size.bytes
                    }
            }
            group.also { lastSize = it.size }
        }

    /** If a group fails because of one of its items, the others are written without it. */
    private suspend fun write(group: List<Request<I, R>>) {
        val responses = runCatching { write(group.map { it.item }) }
        val failure = responses.exceptionOrNull()
        if (failure != null && group.size > 1 && isWorthSplitting(failure)) {
            return group.chunked((group.size + 1) / 2).forEach { write(it) }
        }
        group.forEachIndexed { i, request -> request.respond(responses.map { it[i] }) }
    }

    private fun passOn() {
        val next = synchronized(waiting) { waiting.removeFirstOrNull().also { if (it == null) isWriting = false } }
        next?.turn?.complete(Unit)
    }

    private companion object {
        val LONGEST_GATHERING = 1.milliseconds
    }
}
