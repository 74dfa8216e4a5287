package dev.reprise.interop.internal

import dev.reprise.RetryPolicyBuilder
import dev.reprise.interop.function.BlockingHandler
import dev.reprise.interop.function.OutcomeHandler
import dev.reprise.interop.testing.VirtualTime
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.ReloadingHandler
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.Target
import dev.reprise.queue.spi.CallStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.handleWorkflow
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowOutcome
import java.util.function.Consumer
import java.util.random.RandomGenerator
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** What Java cannot express: calls with a Kotlin duration, whose names are mangled, and with suspend functions. */
internal object QueueBridge {
    @JvmStatic
    fun memory(time: QueueTime): CallStore = InMemoryCallStore(time.clock)

    @JvmStatic
    fun migrate(store: JdbcCallStore): Unit = RealTime.ask { store.migrate() }

    @JvmStatic
    fun realTime(): QueueTime = RealTime

    @JvmStatic
    fun testTime(time: VirtualTime): QueueTime = TestTime(time)

    @JvmStatic
    fun <Q, R> handle(
        builder: RetryQueueBuilder,
        target: Target<Q, R>,
        lane: String,
        version: Int,
        concurrency: Int,
        retention: JavaDuration?,
        keepPayload: Boolean,
        handler: suspend CallContext.(Q) -> R,
    ) = builder.handle(target, lane, version, concurrency, retention?.toKotlinDuration(), keepPayload, handler)

    @JvmStatic
    fun <Q, R> handle(
        builder: RetryQueueBuilder,
        target: Target<Q, R>,
        lane: String,
        concurrency: Int,
        retention: JavaDuration?,
        keepPayload: Boolean,
        handler: ReloadingHandler<Q, R>,
    ) = builder.handle(target, handler, lane, concurrency, retention?.toKotlinDuration(), keepPayload)

    @JvmStatic
    fun <R> handleWorkflow(
        builder: RetryQueueBuilder,
        target: Target<Inputs, R>,
        workflow: Workflow,
        engine: WorkflowEngine,
        lane: String,
        version: Int,
        concurrency: Int,
        retention: JavaDuration?,
        keepPayload: Boolean,
        result: (WorkflowOutcome) -> R,
    ) = builder.handleWorkflow(target, workflow, engine, lane, version, concurrency, retention?.toKotlinDuration(), keepPayload, result)

    @JvmStatic
    fun withoutResult(handler: OutcomeHandler): BlockingHandler<CallOutcome, Void?> =
        BlockingHandler { _, outcome ->
            handler.handle(outcome)
            null
        }

    @JvmStatic
    fun lane(
        builder: RetryQueueBuilder,
        name: String,
        concurrency: Int,
    ) = builder.lane(name) { this.concurrency = concurrency }

    @JvmStatic
    fun policy(
        builder: RetryQueueBuilder,
        block: Consumer<in RetryPolicyBuilder>,
    ) = builder.policy { apply(block::accept) }

    @JvmStatic
    fun pollInterval(
        builder: RetryQueueBuilder,
        time: JavaDuration,
    ) {
        builder.pollInterval = time.toKotlinDuration()
    }

    @JvmStatic
    fun retention(
        builder: RetryQueueBuilder,
        time: JavaDuration,
    ) {
        builder.retention = time.toKotlinDuration()
    }

    @JvmStatic
    fun crashLimit(
        builder: RetryQueueBuilder,
        crashes: Int,
        window: JavaDuration,
    ) {
        builder.maxCrashes = crashes
        builder.crashWindow = window.toKotlinDuration()
    }

    @JvmStatic
    fun attemptTimeout(
        builder: RetryQueueBuilder,
        time: JavaDuration?,
    ) {
        builder.attemptTimeout = time?.toKotlinDuration() ?: Duration.INFINITE
    }

    @JvmStatic
    fun random(
        builder: RetryQueueBuilder,
        generator: RandomGenerator,
    ) = builder.random(GeneratorRandom(generator))
}
