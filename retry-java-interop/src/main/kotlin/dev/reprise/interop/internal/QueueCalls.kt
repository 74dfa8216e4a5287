package dev.reprise.interop.internal

import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.Target
import dev.reprise.retryPolicy
import java.sql.Connection
import java.util.concurrent.CompletableFuture
import java.util.function.BiConsumer
import java.util.function.Consumer
import java.util.function.Predicate

/** The operations of a queue for Java's threads: blocking ones, and futures. */
internal class QueueCalls(
    private val life: QueueLife,
) {
    fun <Q, R> enqueue(
        target: Target<Q, R>,
        request: Q,
        options: Consumer<in CallOptions>,
    ): CallHandle<R> = life.ask { enqueue(target, request, options::accept) }

    fun <Q, R> enqueueAll(
        target: Target<Q, R>,
        requests: List<Q>,
        options: BiConsumer<in Q, in CallOptions>,
    ): List<CallHandle<R>> = life.ask { enqueueAll(target, requests) { options.accept(it, this) } }

    fun <Q, R> enqueueAsync(
        target: Target<Q, R>,
        request: Q,
        options: Consumer<in CallOptions>,
    ): CompletableFuture<CallHandle<R>> = life.future { enqueue(target, request, options::accept) }

    fun <Q, R> enqueue(
        connection: Connection,
        target: Target<Q, R>,
        request: Q,
        options: Consumer<in CallOptions>,
    ): CallHandle<R> {
        life.requireOpen()
        return life.queue.enqueue(connection, target, request, options::accept)
    }

    fun <Q, R> enqueueAll(
        connection: Connection,
        target: Target<Q, R>,
        requests: List<Q>,
        options: BiConsumer<in Q, in CallOptions>,
    ): List<CallHandle<R>> {
        life.requireOpen()
        return life.queue.enqueueAll(connection, target, requests) { options.accept(it, this) }
    }

    fun cancel(
        connection: Connection,
        cid: String,
    ): CancelResult = life.queue.cancel(connection, cid)

    /** As part of the call of [context], also on the thread of a later stage. */
    fun <Q, R> enqueueOnce(
        context: CallContext,
        step: String,
        target: Target<Q, R>,
        request: Q,
        options: Consumer<in CallOptions>,
    ): CallHandle<R> = context.runAs { life.ask { context.enqueueOnce(step, target, request, options::accept) } }

    fun <Q, R> invoke(
        target: Target<Q, R>,
        request: Q,
        policy: RetryPolicy?,
    ): R = life.run { if (policy == null) invoke(target, request) else invoke(target, request, policy) }

    fun <Q, R> invokeAsync(
        target: Target<Q, R>,
        request: Q,
        policy: RetryPolicy?,
    ): CompletableFuture<R> = life.future { if (policy == null) invoke(target, request) else invoke(target, request, policy) }

    fun policy(block: Consumer<in RetryPolicyBuilder>): RetryPolicy = retryPolicy { apply(block::accept) }

    fun <Q, R> invokeOrDefer(
        target: Target<Q, R>,
        request: Q,
        persistFirst: Boolean,
        options: Consumer<in CallOptions>,
    ): InvokeResult<R> = life.run { invokeOrDefer(target, request, persistFirst, options::accept) }

    fun <Q, R> invokeOrDeferAsync(
        target: Target<Q, R>,
        request: Q,
        persistFirst: Boolean,
        options: Consumer<in CallOptions>,
    ): CompletableFuture<InvokeResult<R>> = life.future { invokeOrDefer(target, request, persistFirst, options::accept) }

    fun cancel(cid: String): CancelResult = life.ask { cancel(cid) }

    fun find(cid: String): Call? = life.ask { find(cid) }

    fun errors(cid: String): List<AttemptError> = life.ask { errors(cid) }

    fun counts(): List<CallCount> = life.ask { counts() }

    fun why(cid: String): Diagnosis = life.ask { why(cid) }

    fun pause(lane: String): Unit = life.ask { pause(lane) }

    fun resume(lane: String): Unit = life.ask { resume(lane) }

    fun deadCalls(
        limit: Int,
        filter: Predicate<in Call>,
    ): List<Call> = life.askApart { deadCalls(limit, filter::test) }

    fun replay(
        dryRun: Boolean,
        filter: Predicate<in Call>,
    ): Map<String, ReplayResult> = life.askApart { replay(dryRun, filter::test) }

    fun discard(
        dryRun: Boolean,
        filter: Predicate<in Call>,
    ): List<String> = life.askApart { discard(dryRun, filter::test) }
}
