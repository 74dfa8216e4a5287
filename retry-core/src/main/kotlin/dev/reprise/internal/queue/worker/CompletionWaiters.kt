package dev.reprise.internal.queue.worker

import dev.reprise.queue.model.UnknownCallException
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Lets callers wait for calls to end: told at once of those that end in this process, found by asking for the others. */
internal class CompletionWaiters(
    private val store: CallStore,
) {
    private val waiting = ConcurrentHashMap<String, CopyOnWriteArrayList<Channel<Unit>>>()
    private val longest: Duration = if (store.isShared) 2.seconds else 1.minutes

    fun tell(cid: String) {
        waiting[cid]?.forEach { it.trySend(Unit) }
    }

    /** The call once it has ended. @throws UnknownCallException if there is none. */
    suspend fun await(cid: String): StoredCall {
        val signal = Channel<Unit>(Channel.CONFLATED)
        waiting.compute(cid) { _, others -> (others ?: CopyOnWriteArrayList()).also { it += signal } }
        try {
            var wait = 50.milliseconds
            while (true) {
                val call = store.find(cid) ?: throw UnknownCallException(cid)
                if (call.state.isEnd) return call
                withTimeoutOrNull(wait) { signal.receive() }
                wait = minOf(wait * 2, longest)
            }
        } finally {
            waiting.computeIfPresent(cid) { _, others -> others.also { it -= signal }.takeIf { it.isNotEmpty() } }
        }
    }
}
