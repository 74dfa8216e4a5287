package dev.reprise.queue.model

import dev.reprise.policy.RetryHint
import java.time.Instant
import kotlin.time.Duration

/** Something the queue refuses or cannot do; the subclasses say what. */
public sealed class QueueException(
    message: String,
    cause: Throwable? = null,
) : RuntimeException(message, cause)

/** A move that no call can make. */
public class IllegalTransitionException internal constructor(
    /** Where the call is. */
    public val from: CallState,
    /** Where it was to go. */
    public val to: CallState,
) : QueueException("a call cannot go from $from to $to; see CallMoves")

/** A value given to the queue breaks a limit; nothing was written. The subclasses name those that programs may want to tell apart. */
public open class InvalidCallException internal constructor(
    message: String,
    cause: Throwable? = null,
) : QueueException(message, cause)

/** A request or a response is larger than the queue allows. */
public class PayloadTooLargeException internal constructor(
    target: String,
    /** How large it is, in bytes. */
    public val bytes: Int,
    /** How large it may be, in bytes. */
    public val limit: Int,
) : InvalidCallException(
        "a payload of '$target' has $bytes bytes, more than the $limit allowed; " +
            "store it elsewhere and send its address, or raise maxPayloadBytes",
    )

/** The deadline of a new call has passed already: no attempt would be made. */
public class DeadlinePassedException internal constructor(
    handler: String,
    /** The deadline. */
    public val deadline: Instant,
) : InvalidCallException("the deadline $deadline of a call to '$handler' has passed: no attempt would be made")

/** A name or a key is longer than a store takes. */
public class KeyTooLongException internal constructor(
    what: String,
    /** The key. */
    public val key: String,
    limit: Int,
) : InvalidCallException("$what must have at most $limit characters, but has ${key.length}: '${key.take(40)}…'; a digest of it would do")

/** A handler is asked for by a name under which none is registered here. */
public class UnknownHandlerException internal constructor(
    /** The name. */
    public val handler: String,
    known: Collection<String>,
) : QueueException("no handler is registered as '$handler'; registered are ${known.sorted()}: say handle(\"$handler\") { … }")

/** The queue was shut down, or was not started where it has to be. */
public class QueueClosedException internal constructor(
    message: String,
) : QueueException(message)

/** The payload of a call cannot be read. It is a failure like any other: the bytes stay with the call and its policy decides. */
public class PayloadException internal constructor(
    message: String,
    cause: Throwable? = null,
) : QueueException(message, cause)

/** The code of a handler is not there, or is no handler. It is a failure like any other: the next attempt looks again. */
public class HandlerLoadException internal constructor(
    /** The class that was looked for. */
    public val className: String,
    /** Where it was looked for. */
    public val folder: String,
    cause: Throwable,
) : QueueException("the handler '$className' cannot be loaded from $folder: $cause", cause)

/** The store cannot be used: it is not reachable, or did not answer in time. */
public class StoreUnavailableException(
    message: String,
    cause: Throwable? = null,
) : QueueException(message, cause)

/** The tables of the store are not those this version works with. */
public class SchemaException(
    message: String,
) : QueueException(message)

/** There is no call with this correlation id: it never was, or its retention is over. */
public class UnknownCallException internal constructor(
    /** The correlation id. */
    public val cid: String,
) : QueueException("there is no call '$cid': it never was, or its retention is over")

/** A call that was waited for, or invoked, did not succeed. The failures of its attempts are the [causes]. */
public class CallFailedException internal constructor(
    /** The correlation id of the call. */
    public val cid: String,
    /** How many attempts were made. */
    public val attempts: Int,
    /** The failures, oldest first; of a call that ran elsewhere, their texts. */
    public val causes: List<Throwable>,
    what: String,
) : QueueException("call $cid $what after $attempts ${if (attempts == 1) "attempt" else "attempts"}", causes.lastOrNull())

/** The failure of an attempt that was made by another worker, or before a restart: what was written down about it. */
public class RecordedFailure internal constructor(
    /** What was written down. */
    public val record: AttemptError,
) : QueueException("${record.type}: ${record.message}")

/** Thrown by a handler to be called again in [delay] without using up an attempt. Where the caller attempts the call itself, it waits. */
internal class SnoozeException(
    val delay: Duration,
) : RuntimeException("snoozed for $delay", null, false, false),
    RetryHint {
    override val isRetryable: Boolean get() = true
    override val retryAfter: Duration get() = delay
}

/** Thrown by a handler that will never take this call. */
internal class RejectException(
    reason: String,
    cause: Throwable?,
) : RuntimeException(reason, cause),
    RetryHint {
    override val isRetryable: Boolean get() = false
}
