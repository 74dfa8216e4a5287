package dev.reprise.queue.model

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.spi.StoredCall
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** What a handler may know and do while it works on a call. */
public class CallContext internal constructor(
    /** The call as it was claimed. */
    public val call: StoredCall,
    private val queue: RetryQueue,
    private val cutAtMillis: Long?,
) {
    /** The number of this attempt in the present run, from 1. */
    public val attempt: Int get() = call.nextAttempt

    /** How long this attempt may take yet, before it is cut; infinite if nothing cuts it. */
    public val remaining: Duration
        get() = cutAtMillis?.let { maxOf(it - queue.store.clock.millis(), 0).milliseconds } ?: Duration.INFINITE

    /**
     * Ends this attempt and has the call made again after [delay]; it counts as a snooze and not as an attempt.
     *
     * It throws: a `catch (e: Exception)` around it must let it pass.
     *
     * @throws IllegalArgumentException if [delay] is negative.
     */
    public fun snooze(delay: Duration): Nothing {
        require(!delay.isNegative()) { "the delay of a snooze must not be negative, but was $delay" }
        throw SnoozeException(delay)
    }

    /** Ends the call for good: it is dead, `REJECTED`, whatever its policy says. */
    public fun reject(
        reason: String,
        cause: Throwable? = null,
    ): Nothing = throw RejectException(reason, cause)

    /**
     * Enqueues a call at most once for this call and this [step], however often this handler is attempted: the unique key is the step
     * behind the id of this call, and stays taken as long as the new call is retained.
     */
    public suspend fun <Q, R> enqueueOnce(
        step: String,
        target: Target<Q, R>,
        request: Q,
        block: CallOptions.() -> Unit = {},
    ): CallHandle<R> =
        queue.enqueue(target, request) {
            block()
            once("${call.cid}/$step")
        }
}
