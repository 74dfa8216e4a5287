package dev.reprise.interop.internal

import dev.reprise.RetryPolicyBuilder
import dev.reprise.interop.function.BlockingHandler
import dev.reprise.interop.function.OutcomeHandler
import dev.reprise.queue.ReloadingHandler
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallHandler
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.Target
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.handleWorkflow
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowOutcome
import java.util.function.Consumer
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** A queue before it is built. Java cannot express settings with a Kotlin duration, whose names are mangled, and handlers that suspend. */
internal class QueueSetup(
    val builder: RetryQueueBuilder,
    val handlers: ExecutorHandlers,
) {
    fun <Q, R> handle(
        target: Target<Q, R>,
        chosen: HandlerSettings,
        handler: suspend CallContext.(Q) -> R,
    ) = with(chosen) { builder.handle(target, lane, version, concurrency, keepFor, keepPayload, keepSucceeded, handler) }

    fun <Q, R> handle(
        target: Target<Q, R>,
        chosen: HandlerSettings,
        handler: ReloadingHandler<Q, R>,
    ) = with(chosen) { builder.handle(target, handler, lane, concurrency, keepFor, keepPayload, keepSucceeded) }

    fun <Q, R> handleSuspending(
        target: Target<Q, R>,
        chosen: HandlerSettings,
        handler: CallHandler<Q, R>,
    ) = handle(target, chosen) { request -> handler.handle(this, request) }

    fun <R> handleWorkflow(
        target: Target<Inputs, R>,
        workflow: Workflow,
        engine: WorkflowEngine,
        chosen: HandlerSettings,
        result: (WorkflowOutcome) -> R,
    ) = with(chosen) {
        builder.handleWorkflow(target, workflow, engine, lane, version, concurrency, keepFor, keepPayload, keepSucceeded, result)
    }

    fun lane(
        name: String,
        concurrency: Int,
    ) = builder.lane(name) { this.concurrency = concurrency }

    fun policy(block: Consumer<in RetryPolicyBuilder>) = builder.policy { apply(block::accept) }

    fun pollInterval(time: JavaDuration) {
        builder.pollInterval = time.toKotlinDuration()
    }

    fun retention(time: JavaDuration) {
        builder.retention = time.toKotlinDuration()
    }

    fun crashLimit(
        crashes: Int,
        window: JavaDuration,
    ) {
        builder.maxCrashes = crashes
        builder.crashWindow = window.toKotlinDuration()
    }

    fun attemptTimeout(time: JavaDuration?) {
        builder.attemptTimeout = time?.toKotlinDuration() ?: Duration.INFINITE
    }

    companion object {
        @JvmStatic
        fun withoutResult(handler: OutcomeHandler): BlockingHandler<CallOutcome, Void?> =
            BlockingHandler { _, outcome ->
                handler.handle(outcome)
                null
            }
    }
}

/** The options of one handler. */
internal class HandlerSettings {
    var lane: String = RetryQueueBuilder.DEFAULT_LANE
    var version: Int = RetryQueueBuilder.DEFAULT_VERSION
    var concurrency: Int = RetryQueueBuilder.UNLIMITED
    var retention: JavaDuration? = null
    var keepPayload: Boolean = true
    var keepSucceeded: Boolean = true

    val keepFor: Duration? get() = retention?.toKotlinDuration()
}
