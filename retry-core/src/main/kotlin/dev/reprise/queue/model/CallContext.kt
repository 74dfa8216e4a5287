package dev.reprise.queue.model

import java.time.Instant
import java.util.concurrent.Callable
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlin.math.pow
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** What a handler can see and do while it processes a call. */
public class CallContext internal constructor(
    /** The call, as it was claimed. */
    public val call: Call,
    /** The number of this attempt since the call was enqueued or last replayed: a 1-based number. */
    public val attempt: Int,
    private val queue: CallQueue,
    private val run: Run,
) {
    /** The attempt behind this context. */
    internal interface Run {
        val remaining: Duration

        val now: Instant

        /** Stops counting the time of the attempt for its timeout, until [resumeTimeout] has been called as often. */
        fun pauseTimeout()

        fun resumeTimeout()

        /** False for an attempt that is made without storing the call, which cannot be made due later. */
        val isStored: Boolean

        fun <T> runAs(body: Callable<T>): T
    }

    /** The correlation id of the call, the same in every attempt: a good idempotency key. */
    public val cid: String get() = call.cid

    /** What programs passed along with the call, by name. */
    public val headers: Map<String, String> get() = call.headers

    /** How long this attempt can take before it is cancelled; infinite if it has no limit. */
    @get:JvmSynthetic
    public val remaining: Duration get() = run.remaining

    /** How long this attempt can take before it is cancelled; null if it has no limit. */
    public fun getRemaining(): JavaDuration? = run.remaining.takeIf { it.isFinite() }?.toJavaDuration()

    /** The current time on the clock of the store, as this process reckons it: the clock of [Call.dueAt] and [Call.deadline]. */
    public val now: Instant get() = run.now

    /** The call [cid], as it is stored at this moment; null if there is none. */
    internal suspend fun find(cid: String): Call? = queue.find(cid)

    /** True if a call that undoes what this one did has not ended. */
    internal suspend fun isBeingUndone(): Boolean = queue.findUnique(undoKeyOf(cid))?.state?.isEnd == false

    /** See [Run.pauseTimeout]. */
    internal fun pauseTimeout() = run.pauseTimeout()

    internal fun resumeTimeout() = run.resumeTimeout()

    /** False in an attempt that is made without storing the call, as by `invoke`. */
    internal val isStored: Boolean get() = run.isStored

    /**
     * Ends this attempt and makes the call due again after [delay]; it counts as a snooze and not as an attempt.
     *
     * It throws: a `catch (e: Exception)` around it must rethrow.
     *
     * @throws IllegalArgumentException if [delay] is negative.
     */
    @JvmSynthetic
    public fun snooze(delay: Duration): Nothing {
        require(!delay.isNegative()) { "the delay of a snooze must not be negative, but was $delay" }
        throw SnoozeException(delay)
    }

    /**
     * Ends this attempt and makes the call due again after [delay]; it counts as a snooze and not as an attempt. It throws, so a forgotten
     * `throw` does no harm: `throw call.snooze(Duration.ofHours(1));`
     *
     * @throws IllegalArgumentException if [delay] is negative.
     */
    public fun snooze(delay: JavaDuration): RuntimeException = snooze(delay.toKotlinDuration())

    /**
     * Returns if all of [calls] have ended, in whatever state and process. If not, it ends this attempt with a [snooze], so that this call takes no place in
     * its lane; the handler is called again from its start after a quarter of a second, and then after delays that grow by a quarter, up to a minute.
     * Enqueue [calls] before with [enqueueOnce], and read the results behind it with [CallHandle.await]. A call that is no longer stored has ended.
     *
     * An attempt without a stored call, as by `invoke`, waits here.
     */
    @JvmSynthetic
    public suspend fun awaitEnds(calls: Collection<CallHandle<*>>) {
        if (!isStored) return calls.forEach { if (isOpen(it)) it.awaitEnd() }
        // What was enqueued last is likely to end last.
        if (calls.reversed().any { isOpen(it) }) snooze(minOf(FIRST_LOOK * LATER.pow(call.snoozes), LONGEST_LOOK))
    }

    private suspend fun isOpen(call: CallHandle<*>) = queue.find(call.cid)?.state?.isEnd == false

    /** The Java form of [awaitEnds], for handlers that block: `context.awaitEnds(calls);` */
    @Throws(InterruptedException::class)
    @JvmName("awaitEnds")
    public fun blockingAwaitEnds(calls: Collection<CallHandle<*>>) {
        val response = CompletableFuture<Unit>()
        val look = suspend { awaitEnds(calls) }
        // On this thread, and then on that of the store: no thread of a dispatcher is needed.
        look.startCoroutine(Continuation(EmptyCoroutineContext) { it.fold(response::complete, response::completeExceptionally) })
        try {
            response.get()
        } catch (e: ExecutionException) {
            throw e.cause ?: e
        }
    }

    /** Ends the call: it is dead, `REJECTED`, whatever its policy allows. It throws. */
    @JvmSynthetic
    @JvmName("rejectNow")
    public fun reject(
        reason: String,
        cause: Throwable? = null,
    ): Nothing = throw RejectException(reason, cause)

    /** The Java form of [reject]: `throw call.reject("no such account");` */
    @JvmOverloads
    @JvmName("reject")
    public fun rejection(
        reason: String,
        cause: Throwable? = null,
    ): RuntimeException = reject(reason, cause)

    /**
     * Runs [body] as part of this call, on any thread: calls that are enqueued in it have this call as `origCid` and this handler as `source`.
     * That is so anyway on the thread and in the coroutine of the handler; the later stages of an asynchronous handler need it.
     */
    @Throws(Exception::class)
    public fun <T> runAs(body: Callable<T>): T = run.runAs(body)

    /**
     * Enqueues a call at most once for this call and this [step], however often this handler is attempted. The unique key is the step
     * behind the id of this call; it stays taken as long as this call is known, whatever happens to the new one.
     */
    @JvmSynthetic
    public suspend fun <Q, R> enqueueOnce(
        step: String,
        target: Target<Q, R>,
        request: Q,
        block: CallOptions.() -> Unit = {},
    ): CallHandle<R> =
        queue.enqueue(target, request) {
            block()
            once("${call.cid}/$step", call.tags)
        }

    private companion object {
        val FIRST_LOOK = 250.milliseconds
        val LONGEST_LOOK = 1.minutes
        const val LATER = 1.25
    }
}
