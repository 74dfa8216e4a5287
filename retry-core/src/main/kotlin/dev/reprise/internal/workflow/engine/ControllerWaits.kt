package dev.reprise.internal.workflow.engine

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlin.time.Duration

/**
 * The delays before attempts of controllers. Each passes in a coroutine of its own in [scope], while the engine does other things; [onOver] is
 * called from there when one is over.
 *
 * If nothing else is left to do, the engine waits here for delays of up to [patience]; longer ones are left to the next stretch of the run.
 */
internal class ControllerWaits(
    private val scope: CoroutineScope,
    private val patience: Duration,
    private val onOver: () -> Unit,
) {
    private class Wait(
        val isShort: Boolean,
        val timer: Job,
    )

    private val waiting = HashMap<Int, Wait>()

    // Most runs have no delays, and a channel costs a small run as much as a task.
    private val over by lazy { Channel<Int>(Channel.UNLIMITED) }
    private val news by lazy { Channel<Unit>(Channel.CONFLATED) }

    val isEmpty: Boolean get() = waiting.isEmpty()

    /** True if the engine, with nothing else to do, waits for one of them. */
    val isWorthWaiting: Boolean get() = waiting.values.any { it.isShort }

    fun add(
        controller: Int,
        left: Duration,
    ) {
        val timer =
            scope.launch {
                delay(left)
                over.trySend(controller)
                wake()
                onOver()
            }
        waiting[controller] = Wait(left <= patience, timer)
    }

    /** The next controller whose delay is over; null if there is none. */
    fun next(): Int? = if (isEmpty) null else over.tryReceive().getOrNull()?.also { waiting.remove(it) }

    /** Returns when a delay is over, or after [wake], from whatever thread that is called. */
    suspend fun await() = news.receive()

    fun wake() {
        news.trySend(Unit)
    }

    fun close() = waiting.values.forEach { it.timer.cancel() }
}
