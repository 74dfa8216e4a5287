package dev.reprise.queue.jdbc

import dev.reprise.queue.Accepted
import dev.reprise.queue.NewCall
import dev.reprise.queue.StoreUnavailableException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext
import kotlin.coroutines.cancellation.CancellationException

/**
 * Stores in one transaction what many callers enqueue at the same time: the disk is waited for once. While one of them writes for a group,
 * the next group gathers; the first of that writes next. Each caller returns when its own calls are on the disk, and no sooner.
 */
internal class EnqueueGroups(
    private val write: suspend (List<NewCall>) -> List<Accepted>,
) {
    private class Wish(
        val calls: List<NewCall>,
    ) {
        /** Completed when there is an answer, and where there is none: when it is this caller's turn to write. */
        val turn = CompletableDeferred<Unit>()

        @Volatile
        var answer: Result<List<Accepted>>? = null

        fun answer(result: Result<List<Accepted>>) {
            answer = result
            turn.complete(Unit)
        }
    }

    private val waiting = ArrayDeque<Wish>()
    private var isWriting = false

    suspend fun enqueue(calls: List<NewCall>): List<Accepted> {
        val wish = Wish(calls)
        if (!begins(wish)) awaitTurn(wish)
        if (wish.answer == null) writeGroup(wish)
        return checkNotNull(wish.answer).getOrThrow()
    }

    private fun begins(wish: Wish): Boolean =
        synchronized(waiting) {
            if (isWriting) waiting += wish
            !isWriting.also { isWriting = true }
        }

    /** Who is cancelled while it waits has enqueued nothing, unless somebody is writing it at this moment. */
    private suspend fun awaitTurn(wish: Wish) {
        try {
            wish.turn.await()
        } catch (e: CancellationException) {
            val isGone = synchronized(waiting) { waiting.remove(wish) }
            if (!isGone && wish.turn.isCompleted && wish.answer == null) passOn()
            throw e
        }
    }

    private suspend fun writeGroup(first: Wish) {
        val group = arrayListOf(first)
        synchronized(waiting) {
            var size = first.calls.size
            while (waiting.isNotEmpty() &&
                size + waiting.first().calls.size <= LARGEST
            ) {
                group += waiting.removeFirst().also { size += it.calls.size }
            }
        }
        try {
            // The others of the group do not end with the caller that writes for them.
            withContext(NonCancellable) { write(group) }
        } finally {
            passOn()
        }
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

        /** What takes keys may have to wait for the transaction of somebody else, and nobody is to wait with it. */
        fun mayJoin(calls: List<NewCall>): Boolean = calls.all { it.uniqueKey == null && it.orderKey == null && it.claimedBy == null }
    }
}
