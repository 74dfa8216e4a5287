package dev.reprise.queue.model

import dev.reprise.internal.util.chain
import dev.reprise.policy.RetryHint
import java.sql.SQLException
import java.time.Instant
import kotlin.time.Duration

/** An error of a queue; the subclasses name it. Subclasses can be added. */
public sealed class QueueException(
    message: String,
    cause: Throwable? = null,
) : RuntimeException(message, cause)

/** A transition that no call can make. */
public class IllegalTransitionException internal constructor(
    /** The state of the call. */
    public val from: CallState,
    /** The state it was to enter. */
    public val to: CallState,
) : QueueException("a call cannot go from $from to $to; see CallTransitions")

/** A value breaks a limit of the queue; nothing was written. */
public open class InvalidCallException internal constructor(
    message: String,
    cause: Throwable? = null,
) : QueueException(message, cause)

/** A request, a response or a context is larger than the queue allows. */
public class PayloadTooLargeException internal constructor(
    what: String,
    /** How large it is, in bytes. */
    public val bytes: Int,
    /** The limit, in bytes. */
    public val limit: Int,
) : InvalidCallException(
        "$what has $bytes bytes, more than the $limit allowed; " +
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

/** No handler of this name is registered in this process. */
public class UnknownHandlerException internal constructor(
    /** The name. */
    public val handler: String,
    known: Collection<String>,
) : QueueException("no handler is registered as '$handler'; registered are ${known.sorted()}: register it when the queue is built")

/** The queue was shut down, or is not started although the operation needs it. */
public class QueueClosedException internal constructor(
    message: String,
) : QueueException(message) {
    public companion object {
        /** What an operation throws after the shutdown of its queue. */
        @JvmStatic
        public fun afterShutdown(): QueueClosedException =
            QueueClosedException("the queue was shut down; open another one on the same store, where its calls continue")
    }
}

/** The payload of a call cannot be read. The attempt fails: the bytes stay with the call, and its policy decides. */
public class PayloadException internal constructor(
    message: String,
    cause: Throwable? = null,
) : QueueException(message, cause)

/** The code of a handler is missing, or is not a handler. The attempt fails; the next one loads the code again. */
public class HandlerLoadException internal constructor(
    /** The class of the handler. */
    public val className: String,
    /** The folder. */
    public val folder: String,
    cause: Throwable,
) : QueueException("the handler '$className' cannot be loaded from $folder: $cause", cause)

/** The store is unreachable, or did not respond in time. */
public class StoreUnavailableException(
    message: String,
    cause: Throwable? = null,
) : QueueException(message, cause) {
    /** The SQLState of the database, for example 40001 after a serialization failure in a transaction of the caller; null if unknown. */
    public val sqlState: String?
        get() = chain().firstNotNullOfOrNull { (it as? SQLException)?.sqlState }
}

/** The tables of the store are not of the version that this program needs. */
public class SchemaException(
    message: String,
) : QueueException(message)

/** There is no call with this correlation id, or its retention is over. */
public class UnknownCallException(
    /** The correlation id. */
    public val cid: String,
) : QueueException("there is no call '$cid', or its retention is over")

/** A call did not succeed. The failures of its attempts are the [causes]. */
public class CallFailedException internal constructor(
    /** The correlation id of the call. */
    public val cid: String,
    /** How many attempts were made. */
    public val attempts: Int,
    /** The failures, oldest first; each a [RestoredFailure][dev.reprise.policy.RestoredFailure] of its [AttemptError]. */
    public val causes: List<Throwable>,
    what: String,
) : QueueException("call $cid $what after $attempts ${if (attempts == 1) "attempt" else "attempts"}", causes.lastOrNull())

/** The call succeeded, but its result could not be encoded or stored, so it is lost. The work is not repeated. */
public class ResultNotStoredException internal constructor(
    /** The correlation id. */
    public val cid: String,
    cause: Throwable?,
) : QueueException("call $cid succeeded, but its result could not be stored; the reason is in its errors", cause)

/** A handler returned a result that cannot be encoded, or that is too large. */
internal class UnstorableResultException(
    override val cause: Throwable,
) : RuntimeException(cause)

/** Thrown by a handler to be called again after [delay] without using up an attempt. A caller that runs the attempt itself waits. */
internal class SnoozeException(
    val delay: Duration,
) : RuntimeException("snoozed for $delay", null, false, false),
    RetryHint {
    override val isRetryable: Boolean get() = true
    override val retryAfter: Duration get() = delay
}

/** Thrown by a handler that rejects this call. */
internal class RejectException(
    reason: String,
    cause: Throwable?,
) : RuntimeException(reason, cause),
    RetryHint {
    override val isRetryable: Boolean get() = false
}
