package dev.reprise.ktor

import dev.reprise.NamedPolicies
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.spi.CallStore
import io.ktor.server.application.Application
import io.ktor.server.application.BaseApplicationPlugin
import io.ktor.server.application.plugin
import io.ktor.util.AttributeKey
import io.ktor.utils.io.KtorDsl
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** The settings of [Reprise]. */
@KtorDsl
public class RepriseConfig internal constructor(
    /** The policies under `reprise.policies` in the configuration of the application; names and notations, see [NamedPolicies.parse]. */
    public val policies: NamedPolicies,
) {
    internal var queue: QueueSetup? = null
        private set

    /** How long handlers that run when the application stops can continue; then they are cancelled. Default: 10 s. */
    public var grace: Duration = 10.seconds

    /** False if the tables of a [JdbcCallStore] are created by other means. Default: true. */
    public var migrate: Boolean = true

    /** Where handlers run. In a test, a dispatcher with the scheduler of the test. Default: [Dispatchers.Default]. */
    public var dispatcher: CoroutineDispatcher = Dispatchers.Default

    /**
     * Runs durable calls that are kept in [store], see [RetryQueue]. The store is closed when the application has stopped.
     *
     * @throws IllegalArgumentException if a queue is set already.
     */
    public fun queue(
        store: CallStore,
        block: RetryQueueBuilder.() -> Unit,
    ) {
        require(queue == null) { "a queue is set already; an application has one, with a lane for each group of handlers" }
        queue = QueueSetup(store, RetryQueue.on(store, block))
    }
}

/** The queue of an application and its store. */
internal class QueueSetup(
    val store: CallStore,
    val queue: RetryQueue,
)

/**
 * Durable calls and policies by name in a Ktor server.
 *
 * ```
 * install(Reprise) {
 *     queue(JdbcCallStore(dataSource)) {
 *         handle(charge) { order -> gateway.charge(order, idempotencyKey = call.cid) }
 *     }
 * }
 * ```
 *
 * The queue starts when the application has started, in a scope of its own: what fails there never cancels the application. If the store does not
 * respond, the application starts nevertheless, and the queue as soon as the store responds. When the application has stopped, so that no
 * request is left that enqueues a call, the queue shuts down: running handlers can continue for [RepriseConfig.grace].
 */
public class Reprise private constructor(
    /** The policies under `reprise.policies` in the configuration of the application. */
    public val policies: NamedPolicies,
    private val setup: QueueSetup?,
) {
    /**
     * The queue of the application.
     *
     * @throws IllegalStateException if none is set.
     */
    public val queue: RetryQueue
        get() = checkNotNull(setup) { "the application has no queue; write install(Reprise) { queue(store) { … } }" }.queue

    /** Installs [Reprise]. */
    public companion object Plugin : BaseApplicationPlugin<Application, RepriseConfig, Reprise> {
        override val key: AttributeKey<Reprise> = AttributeKey("Reprise")

        override fun install(
            pipeline: Application,
            configure: RepriseConfig.() -> Unit,
        ): Reprise {
            val config = RepriseConfig(policiesOf(pipeline.environment.config)).apply(configure)
            config.queue?.let { QueueLife(it, config, pipeline.environment.log).follow(pipeline.monitor) }
            return Reprise(config.policies, config.queue)
        }
    }
}

/**
 * What [Reprise] has installed in this application.
 *
 * @throws io.ktor.server.application.MissingApplicationPluginException if it is not installed.
 */
public val Application.reprise: Reprise get() = plugin(Reprise)
