package dev.reprise.testing

import dev.reprise.run.RetryTimer
import java.util.PriorityQueue
import java.util.concurrent.Executor
import java.util.function.BooleanSupplier
import kotlin.time.AbstractLongTimeSource
import kotlin.time.Duration
import kotlin.time.DurationUnit

/**
 * Time that moves only when a caller waits for it, for the runners that are not coroutines. All of it happens on one thread; actions that
 * are due together run in the order in which they were scheduled.
 */
internal class ManualTime :
    AbstractLongTimeSource(DurationUnit.NANOSECONDS),
    RetryTimer {
    private class Task(
        val at: Long,
        val order: Int,
        val action: Runnable,
    )

    private val tasks = PriorityQueue(compareBy<Task> { it.at }.thenBy { it.order })
    private var count = 0

    var nanos = 0L
        private set

    /** Runs attempts one after the other, in the order in which they were handed over. */
    val executor = Executor { schedule(0, it) }

    /** How many actions are scheduled: a run that has ended leaves none behind. */
    val pending: Int get() = tasks.size

    override fun read(): Long = nanos

    override fun schedule(
        delayNanos: Long,
        action: Runnable,
    ): AutoCloseable {
        val at = if (delayNanos > Long.MAX_VALUE - nanos) Long.MAX_VALUE else nanos + delayNanos
        val task = Task(at, count++, action)
        tasks += task
        return AutoCloseable { tasks.remove(task) }
    }

    override fun sleep(
        nanos: Long,
        isWoken: BooleanSupplier,
    ) {
        val end = this.nanos + nanos
        while (!isWoken.asBoolean) {
            if (Thread.interrupted()) throw InterruptedException("interrupted in manual time")
            if (!step(end)) return
        }
    }

    /** What a blocking body does to take its time. */
    fun pass(duration: Duration) = sleep(duration.inWholeNanoseconds) { false }

    fun at(
        delay: Duration,
        action: () -> Unit,
    ) {
        schedule(delay.inWholeNanoseconds, action)
    }

    /** Runs everything that is scheduled, and what that schedules, until [isDone]. */
    fun run(isDone: () -> Boolean = { false }) {
        while (!isDone() && tasks.isNotEmpty()) step(Long.MAX_VALUE)
    }

    /** Runs what is due until the end of [duration]. */
    fun advance(duration: Duration) {
        val end = nanos + duration.inWholeNanoseconds
        do {
            val more = step(end)
        } while (more)
    }

    /** Runs the next action that is due until [end], or moves to [end] and returns false if there is none. */
    private fun step(end: Long): Boolean {
        val next = tasks.peek()
        if (next == null || next.at > end) {
            nanos = maxOf(nanos, end)
            return false
        }
        tasks.remove(next)
        nanos = maxOf(nanos, next.at)
        next.action.run()
        return true
    }
}
