package dev.reprise.ktor

import dev.reprise.NamedPolicies
import dev.reprise.console.ConsoleBuilder
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.spi.CallStore
import io.ktor.server.application.Application
import io.ktor.server.application.ApplicationStopPreparing
import io.ktor.server.application.BaseApplicationPlugin
import io.ktor.server.application.plugin
import io.ktor.server.config.ApplicationConfig
import io.ktor.util.AttributeKey
import io.ktor.utils.io.KtorDsl
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** The settings of [Reprise]. */
@KtorDsl
public class RepriseConfig internal constructor(
    configuration: ApplicationConfig,
    /** The policies under `reprise.policies` in the configuration of the application; names and notations, see [NamedPolicies.parse]. */
    public val policies: NamedPolicies = policiesOf(configuration),
) {
    /**
     * The name of this process under `reprise.queue.worker-name` in the configuration of the application, which is the same when it is started again;
     * null if there is none. The queue has it as its `workerName`; give it to a `JdbcWorkflowStore` too.
     */
    public val workerName: String? = configuration.propertyOrNull("reprise.queue.worker-name")?.getString()

    internal var queue: QueueSetup? = null
        private set

    /** Not an empty function: it would load the class, which is there only with the console. */
    internal var console: (ConsoleBuilder.() -> Unit)? = null
        private set

    /**
     * How long handlers that run when the application stops can continue, beside the requests; then they are cancelled. Default:
     * `ktor.deployment.shutdownGracePeriod` of the configuration, 10 s without it.
     */
    public var grace: Duration = gracePeriodOf(configuration) ?: 10.seconds

    /** False if the tables of a [JdbcCallStore] are created by other means. Default: true. */
    public var migrate: Boolean = true

    /**
     * Carries the values that these keys have in SLF4J's MDC of a request into the handlers of the calls that it enqueues, in whatever process and
     * whenever they run, and into later attempts of futures. For the whole process. Default: `CallId`, which `callIdMdc()` of Ktor's
     * `CallLogging` sets.
     */
    public fun mdc(vararg keys: String): Unit = MdcCarrier.carry(keys.toSet())

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
        val named: RetryQueueBuilder.() -> Unit = {
            this@RepriseConfig.workerName?.let { workerName = it }
            block()
        }
        queue = QueueSetup(store, RetryQueue.on(store, named))
    }

    /** Configures the console that [repriseConsole] mounts. It needs `dev.reprise:retry-console`. */
    public fun console(block: ConsoleBuilder.() -> Unit) {
        console = block
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
 * respond, the application starts nevertheless, and the queue as soon as the store responds.
 *
 * When the application prepares to stop, the queue claims no more calls, and running handlers can continue for [RepriseConfig.grace] while
 * requests end; those can still enqueue calls, which other processes run. When the application has stopped, the queue and its store are closed.
 */
public class Reprise private constructor(
    /** The policies under `reprise.policies` in the configuration of the application. */
    public val policies: NamedPolicies,
    private val setup: QueueSetup?,
    internal val console: (ConsoleBuilder.() -> Unit)?,
) {
    /** True from the moment when the application prepares to stop. */
    @Volatile
    internal var isStopping: Boolean = false
        private set

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
            val environment = pipeline.environment
            val config = RepriseConfig(environment.config).apply(configure)
            val reprise = Reprise(config.policies, config.queue, config.console)
            pipeline.monitor.subscribe(ApplicationStopPreparing) { reprise.isStopping = true }
            config.queue?.let {
                warnOfGrace(config.grace, environment)
                QueueLife(it, config, environment.log).follow(pipeline.monitor)
            }
            return reprise
        }
    }
}

/**
 * What [Reprise] has installed in this application.
 *
 * @throws io.ktor.server.application.MissingApplicationPluginException if it is not installed.
 */
public val Application.reprise: Reprise get() = plugin(Reprise)
