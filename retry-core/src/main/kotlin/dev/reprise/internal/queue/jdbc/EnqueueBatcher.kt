package dev.reprise.internal.queue.jdbc

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
 * Stores in one transaction what many callers enqueue at the same time: the disk is waited for once. While one of them writes for a group,
 * the next group gathers; the first of that writes next. Each caller returns when its own calls are on the disk, and no sooner.
 *
 * Callers that come again and again come back just after their group was written, so a group waits a moment until it is as large as the
 * last one. A caller that is alone waits for nobody.
 */
internal class EnqueueBatcher(
    private val write: suspend (List<NewCall>) -> List<EnqueueResult>,
) {
    private class Wish(
        val calls: List<NewCall>,
    ) {
        /** Completed when there is an answer, and where there is none: when it is this caller's turn to write. */
        val turn = CompletableDeferred<Unit>()

        @Volatile
        var answer: Result<List<EnqueueResult>>? = null

        fun answer(result: Result<List<EnqueueResult>>) {
            answer = result
            turn.complete(Unit)
        }
    }

    private val waiting = ArrayDeque<Wish>()
    private var isWriting = false
    private var lastSize = 1

    /** Completed when the group that gathers is as large as the last one; null if nobody waits for that. */
    private var isLarge: CompletableDeferred<Unit>? = null

    suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> {
        val wish = Wish(calls)
        if (!begins(wish)) awaitTurn(wish)
        if (wish.answer == null) gatherAndWrite(wish)
        return checkNotNull(wish.answer).getOrThrow()
    }

    private fun begins(wish: Wish): Boolean =
        synchronized(waiting) {
            if (isWriting) waiting += wish
            if (hasAllOfLast()) isLarge?.complete(Unit)
            !isWriting.also { isWriting = true }
        }

    /** Who is cancelled while it waits has enqueued nothing. What somebody is writing at this moment is waited for, and has its answer. */
    private suspend fun awaitTurn(wish: Wish) {
        try {
            wish.turn.await()
        } catch (e: CancellationException) {
            if (synchronized(waiting) { waiting.remove(wish) }) throw e
            withContext(NonCancellable) { wish.turn.await() }
            if (wish.answer != null) return
            passOn()
            throw e
        }
    }

    private fun hasAllOfLast() = waiting.size + 1 >= lastSize

    private suspend fun gatherAndWrite(first: Wish) {
        try {
            gather()
            // The others of the group do not end with the caller that writes for them.
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

    private fun groupOf(first: Wish): List<Wish> =
        synchronized(waiting) {
            val group = arrayListOf(first)
            var size = first.calls.size
            while (waiting.isNotEmpty() && size + waiting.first().calls.size <= LARGEST) {
                group += waiting.removeFirst().also { size += it.calls.size }
            }
            group.also { lastSize = it.size }
        }

    /** If the store refuses a group, it is for one of its calls: the others are accepted without it. */
    private suspend fun write(group: List<Wish>) {
        val answers = runCatching { write(group.flatMap { it.calls }) }
        val failure = answers.exceptionOrNull()
        if (failure != null && failure !is StoreUnavailableException && group.size > 1) return group.forEach { write(listOf(it)) }
        var from = 0
        for (wish in group) {
            val to = from + wish.calls.size
            val part = from
            wish.answer(answers.map { it.subList(part, to) })
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

        /** What takes keys may have to wait for the transaction of somebody else, and nobody is to wait with it. */
        fun mayJoin(calls: List<NewCall>): Boolean = calls.all { it.uniqueKey == null && it.orderKey == null }
    }
}
