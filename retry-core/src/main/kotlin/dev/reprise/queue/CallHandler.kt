package dev.reprise.queue

import kotlinx.coroutines.ThreadContextElement
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** What a handler may know and do while it works on a call. */
public class CallContext internal constructor(
    /** The call as it was claimed. */
    public val call: Call,
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
        block: EnqueueBuilder.() -> Unit = {},
    ): CallHandle<R> =
        queue.enqueue(target, request) {
            block()
            once("${call.cid}/$step")
        }
}

/** A handler as it is registered: where its code comes from, and how it is to be run. */
internal class Registration<Q, R>(
    val target: Target<Q, R>,
    val lane: String,
    val concurrency: Int,
    val source: HandlerSource<Q, R>,
) {
    /**
     * Decodes, runs, encodes; [onTaken] is told the version of the code as soon as it is known. A payload that cannot be read or written
     * is a failure like any other.
     */
    suspend fun run(
        context: CallContext,
        onTaken: (Int) -> Unit,
    ): Payload =
        source.use {
            onTaken(it.version)
            target.responsePayload(it.code(context, decode(context.call.order.payload)))
        }

    private fun decode(payload: Payload): Q {
        if (payload.codec != target.request.name) {
            throw PayloadException(
                "the payload was written by the codec '${payload.codec}', but '${target.name}' reads '${target.request.name}'",
            )
        }
        try {
            return target.request.decode(payload.bytes, payload.version)
        } catch (e: Exception) {
            throw PayloadException("the codec '${payload.codec}' cannot read the payload of ${payload.bytes.size} bytes: $e", e)
        }
    }
}

/** Gives the code of a handler out, for one attempt at a time. */
internal fun interface HandlerSource<Q, R> {
    fun take(): TakenHandler<Q, R>
}

/** The code for one attempt, given back by [release]. */
internal class TakenHandler<Q, R>(
    val version: Int,
    val code: suspend CallContext.(Q) -> R,
    val release: () -> Unit = {},
)

/** Code that does not change. */
internal fun <Q, R> fixed(
    version: Int,
    code: suspend CallContext.(Q) -> R,
): HandlerSource<Q, R> = TakenHandler(version, code).let { taken -> HandlerSource { taken } }

/** Takes the code for what is done in [work]. */
internal suspend fun <Q, R, T> HandlerSource<Q, R>.use(work: suspend (TakenHandler<Q, R>) -> T): T {
    val taken = take()
    try {
        return work(taken)
    } finally {
        taken.release()
    }
}

/** @throws InvalidCallException if the codec cannot write [value], as when it is of another type. */
internal fun <Q, R> Target<Q, R>.requestPayload(value: Q): Payload =
    try {
        Payload(request.encode(value), request.name, version)
    } catch (e: Exception) {
        val type = if (value == null) "null" else "a ${(value as Any).javaClass.name}"
        throw InvalidCallException("the codec '${request.name}' of '$name' cannot write $type: $e", e)
    }

internal fun <Q, R> Target<Q, R>.responsePayload(value: R): Payload =
    try {
        Payload(response.encode(value), response.name, version)
    } catch (e: Exception) {
        throw PayloadException("the codec '${response.name}' cannot write the response of '$name': $e", e)
    }

/** The call whose handler is running, for the calls that are made inside; on the thread as well, for those that block it. */
internal class CallScope(
    val cid: String,
    val handler: String,
) : ThreadContextElement<CallScope?> {
    override val key: CoroutineContext.Key<*> get() = CallScope

    override fun updateThreadContext(context: CoroutineContext): CallScope? = onThread.get().also { onThread.set(this) }

    override fun restoreThreadContext(
        context: CoroutineContext,
        oldState: CallScope?,
    ): Unit = if (oldState == null) onThread.remove() else onThread.set(oldState)

    companion object Key : CoroutineContext.Key<CallScope> {
        private val onThread = ThreadLocal<CallScope?>()

        fun ofThread(): CallScope? = onThread.get()
    }
}
