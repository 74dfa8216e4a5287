package dev.reprise.kafka

import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.kafka.internal.TopicSettings
import dev.reprise.policy.RetryDsl
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.Target
import dev.reprise.retryPolicy
import java.util.function.Consumer

/** How the records of one topic are handled. Kotlin sets properties, Java calls methods. */
@RetryDsl
public class DurableTopic internal constructor() {
    private var inPlace: RetryPolicy? = null
    private var policy: RetryPolicy? = null

    /** What happens to the records of a key behind one whose call died. Default: [OnDeadPredecessor.BLOCK]. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var onDeadPredecessor: OnDeadPredecessor = OnDeadPredecessor.BLOCK

    /** Sets [onDeadPredecessor]. */
    public fun onDeadPredecessor(what: OnDeadPredecessor): DurableTopic = apply { onDeadPredecessor = what }

    /**
     * Attempts each record by [policy] before it becomes a call; the partition waits meanwhile. The policy can hold code. It also limits the time of
     * an attempt, with `attemptTimeout`; the time limit of the queue applies to calls only. Default: one attempt, without limit.
     */
    public fun inPlace(policy: RetryPolicy): DurableTopic = apply { inPlace = policy }

    /** Attempts each record by the policy that is configured in [block] before it becomes a call. */
    @JvmSynthetic
    public fun inPlace(block: RetryPolicyBuilder.() -> RetryPolicyBuilder): DurableTopic = inPlace(retryPolicy(block))

    /** Attempts each record by a policy in its notation before it becomes a call: `inPlace("every(200ms) maxAttempts(2)")`. */
    public fun inPlace(notation: String): DurableTopic = inPlace(RetryPolicy.parse(notation))

    /**
     * Retries the calls of this topic by [policy], which starts to count after the attempts in place. Default: the policy of the queue.
     *
     * @throws IllegalStateException when the first call is stored, if the policy holds code, which no store can keep.
     */
    public fun policy(policy: RetryPolicy): DurableTopic = apply { this.policy = policy }

    /** Retries the calls of this topic by the policy that is configured in [block]. */
    @JvmSynthetic
    public fun policy(block: RetryPolicyBuilder.() -> RetryPolicyBuilder): DurableTopic = policy(retryPolicy(block))

    /** Retries the calls of this topic by the policy that is configured in [block], the Java form. */
    public fun policy(block: Consumer<in RetryPolicyBuilder>): DurableTopic = policy(retryPolicy { apply(block::accept) })

    /** Retries the calls of this topic by a policy in its notation: `policy("every(1m) maxAttempts(60)")`. */
    public fun policy(notation: String): DurableTopic = policy(RetryPolicy.parse(notation))

    internal fun <Q, R> build(
        name: String,
        target: Target<Q, R>,
    ) = TopicSettings(name, target, inPlace ?: retryPolicy { maxAttempts(1) }, policy, onDeadPredecessor)

    internal val hasInPlace: Boolean get() = inPlace != null
}
