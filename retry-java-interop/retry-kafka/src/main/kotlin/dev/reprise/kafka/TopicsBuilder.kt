package dev.reprise.kafka

import dev.reprise.kafka.internal.TopicSettings
import dev.reprise.policy.RetryDsl
import dev.reprise.queue.model.Target
import java.util.function.Consumer

/** Which topics' records become calls, of which targets. [B] is the builder itself. Kotlin sets properties, Java calls methods. */
@RetryDsl
public abstract class TopicsBuilder<B : TopicsBuilder<B>> internal constructor() {
    private val topics = LinkedHashMap<String, TopicSettings<*, *>>()

    /**
     * How many calls of one key this process stores at most while they are held behind each other. Then the partition of the key waits, with a
     * warning, until there are fewer. Calls that were stored before this process started do not count. Default: 10,000.
     */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var maxHeldPerKey: Int = 10_000

    /** Sets [maxHeldPerKey]. */
    public fun maxHeldPerKey(calls: Int): B = self().apply { maxHeldPerKey = calls }

    /**
     * Makes the records of the topic [name] calls of [target], whose codec reads their values.
     *
     * @throws IllegalArgumentException if the topic is set already.
     */
    @JvmSynthetic
    public fun <Q, R> topic(
        name: String,
        target: Target<Q, R>,
        block: DurableTopic.() -> Unit,
    ) {
        require(name !in topics) { "the topic '$name' is set twice; each has one target" }
        topics[name] = DurableTopic().apply(block).also(::validate).build(name, target)
    }

    /** Makes the records of the topic [name] calls of [target], the Java form. */
    public fun <Q, R> topic(
        name: String,
        target: Target<Q, R>,
        block: Consumer<in DurableTopic>,
    ): B = self().apply { topic<Q, R>(name, target) { block.accept(this) } }

    /** Makes the records of the topic [name] calls of [target], with the default settings. */
    public fun <Q, R> topic(
        name: String,
        target: Target<Q, R>,
    ): B = self().apply { topic(name, target) {} }

    internal fun topics(): Map<String, TopicSettings<*, *>> {
        require(topics.isNotEmpty()) { "a topic is needed; call topic(name, target)" }
        require(maxHeldPerKey >= 1) { "maxHeldPerKey must be at least 1, but was $maxHeldPerKey" }
        return topics.toMap()
    }

    /** @throws IllegalArgumentException if [topic] has a setting that this builder has no use for. */
    internal open fun validate(topic: DurableTopic) = Unit

    internal abstract fun self(): B
}
