package dev.reprise.queue.model

import dev.reprise.RetryPolicies
import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.policy.RetryDsl
import dev.reprise.retryPolicy
import java.time.Instant
import java.util.function.Consumer
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** The options of one call; each has a default. They are checked when the call is enqueued. Kotlin sets properties, Java calls methods. */
@RetryDsl
public class CallOptions internal constructor() {
    /** A handler that receives the outcome. */
    internal class Callback(
        val name: String,
        val isRegisteredHere: Boolean,
    )

    internal val callbacks = ArrayList<Callback>()

    /** Null: that of the queue. */
    internal var policy: RetryPolicy? = null
        private set

    internal var keepUniqueKey = false
        private set

    /** Null: those of the call whose handler enqueues this one once, otherwise none. */
    internal var tags: List<String>? = null
        private set

    internal val headers = LinkedHashMap<String, String>()

    /** Why the attempt failed that the caller made; null if it made none. */
    internal var firstFailure: Throwable? = null
        private set

    /** Calls with the same key run one after the other, in the sequence of their acceptance. Default: none. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var orderKey: String? = null

    /** What happens to the calls behind this one in its order when it dies. Default: [OnDeadPredecessor.BLOCK]. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var onDeadPredecessor: OnDeadPredecessor = OnDeadPredecessor.BLOCK

    /** While a call with the same key has not ended, no other is accepted: the handle is that of the first one. Default: none. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var uniqueKey: String? = null

    /**
     * How long [uniqueKey] stays taken after the call has ended, however it ended, in whole milliseconds. That can be longer than the call is kept:
     * then the handle of a duplicate still has the id of the first one, which `find` does not know any more. Default: zero.
     */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var uniqueFor: Duration = Duration.ZERO

    /** From 0 to 9; higher priorities are claimed first. Default: [Call.DEFAULT_PRIORITY]. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var priority: Int = Call.DEFAULT_PRIORITY

    /** The delay before the first attempt, in whole milliseconds. Default: zero. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var delay: Duration = Duration.ZERO

    /** No attempt starts at or after this instant, and one that is running then is cancelled. Default: none. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var deadline: Instant? = null

    /** A text that the callbacks receive with the outcome. Default: none. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var context: String? = null

    /** What the call is about, in one line of at most 200 characters, for lists. Default: what the `describe` of its target returns. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var title: String? = null

    /**
     * Retries by [policy] instead of the policy of the queue.
     *
     * @throws IllegalStateException when the call is enqueued, if the policy holds code, which no store can keep.
     * @throws IllegalArgumentException when the call is enqueued, if only a stop or a budget ends the policy.
     */
    public fun policy(policy: RetryPolicy): CallOptions = apply { this.policy = policy }

    /** Retries by the policy that is configured in [block]. */
    @JvmSynthetic
    public fun policy(block: RetryPolicyBuilder.() -> RetryPolicyBuilder): CallOptions = policy(retryPolicy(block))

    /** Retries by the policy that is configured in [block], the Java form. */
    public fun policy(block: Consumer<in RetryPolicyBuilder>): CallOptions = policy(retryPolicy { apply(block::accept) })

    /**
     * Retries by a policy in its notation: `policy("every(10s) maxAttempts(3)")`.
     *
     * @throws dev.reprise.policy.RetryPolicyParseException if [notation] is not a policy.
     */
    public fun policy(notation: String): CallOptions = policy(RetryPolicy.parse(notation))

    /**
     * Sends the outcome to the callback [name], by a separate call.
     *
     * @throws UnknownHandlerException when the call is enqueued, if [name] is not registered here; then pass its target.
     * @throws InvalidCallException when the call is enqueued, if that handler does not take an outcome.
     */
    public fun callback(name: String): CallOptions = apply { callbacks += Callback(name, isRegisteredHere = true) }

    /** Sends the outcome to the handler of [target], which can be registered in another process. */
    public fun callback(target: Target<CallOutcome, *>): CallOptions =
        apply { callbacks += Callback(target.name, isRegisteredHere = false) }

    /** Sets [orderKey]. */
    public fun orderKey(key: String): CallOptions = apply { orderKey = key }

    /** Sets [onDeadPredecessor]. */
    public fun onDeadPredecessor(what: OnDeadPredecessor): CallOptions = apply { onDeadPredecessor = what }

    /** Sets [uniqueKey]. */
    public fun uniqueKey(key: String): CallOptions = apply { uniqueKey = key }

    /** Sets [uniqueFor]. */
    public fun uniqueFor(duration: JavaDuration): CallOptions = apply { uniqueFor = duration.toKotlinDuration() }

    /** Sets [priority]. */
    public fun priority(priority: Int): CallOptions = apply { this.priority = priority }

    /** Sets [delay]. */
    public fun delay(delay: JavaDuration): CallOptions = apply { this.delay = delay.toKotlinDuration() }

    /** Sets [deadline]. */
    public fun deadline(instant: Instant): CallOptions = apply { deadline = instant }

    /** Sets [context]. */
    public fun context(text: String): CallOptions = apply { context = text }

    /** Sets [title]. */
    public fun title(text: String): CallOptions = apply { title = text }

    /**
     * Sets the tags by which people find the call: at most ten, each of 1 to 100 characters. Its callbacks inherit them, and so do the calls
     * that its handler enqueues once, unless they set their own; without arguments a call has none. Default: none, or the inherited ones.
     */
    public fun tags(vararg tags: String): CallOptions = apply { this.tags = tags.toList() }

    /**
     * Passes [value] along with the call as its header [name], for programs: at most 20 headers, 8 KiB in all. They are not inherited.
     */
    public fun header(
        name: String,
        value: String,
    ): CallOptions = apply { headers[name] = value }

    /**
     * Records [failure] as that of a first attempt, which the caller has made. The policy starts to count with the next one, which is made after
     * the delay that it has after a first failure: at once if it would not retry this one. Default: no attempt was made.
     */
    public fun firstFailure(failure: Throwable): CallOptions = apply { firstFailure = failure }

    /** Sets a unique key that outlives the call, and [inherited] tags. */
    internal fun once(
        key: String,
        inherited: List<String>,
    ) {
        uniqueKey = key
        keepUniqueKey = true
        if (tags == null) tags = inherited
    }
}
