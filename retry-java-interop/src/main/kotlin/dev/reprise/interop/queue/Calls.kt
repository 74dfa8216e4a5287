package dev.reprise.interop.queue

import dev.reprise.RetryPolicyBuilder
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.Target
import dev.reprise.queue.spi.StoredCall
import java.sql.Connection
import java.util.concurrent.CompletableFuture
import java.util.function.BiConsumer
import java.util.function.Consumer
import java.util.function.Predicate
import dev.reprise.queue.model.CallOptions as CoreCallOptions
import dev.reprise.queue.model.InvokeResult as CoreInvokeResult

/** The operations of a queue for Java's threads: blocking ones, and futures. */
internal class Calls(
    private val life: QueueLife,
) {
    fun <Q, R> enqueue(
        target: Target<Q, R>,
        request: Q,
        options: Consumer<in CallOptions>,
    ): QueuedCall<R> = life.ask { enqueue(target, request, options.settings()) }.toJava()

    fun <Q, R> enqueueAll(
        target: Target<Q, R>,
        requests: List<Q>,
        options: BiConsumer<in Q, in CallOptions>,
    ): List<QueuedCall<R>> = life.ask { enqueueAll(target, requests) { options.accept(it, CallOptions(this)) } }.map { it.toJava() }

    fun <Q, R> enqueueAsync(
        target: Target<Q, R>,
        request: Q,
        options: Consumer<in CallOptions>,
    ): CompletableFuture<QueuedCall<R>> = life.future { enqueue(target, request, options.settings()).toJava() }

    fun <Q, R> enqueue(
        connection: Connection,
        target: Target<Q, R>,
        request: Q,
        options: Consumer<in CallOptions>,
    ): QueuedCall<R> {
        life.requireOpen()
        return life.queue.enqueue(connection, target, request, options.settings()).toJava()
    }

    fun <Q, R> invoke(
        target: Target<Q, R>,
        request: Q,
        policy: Consumer<in RetryPolicyBuilder>?,
    ): R = life.run { invoke(target, request, policy.settings()) }

    fun <Q, R> invokeAsync(
        target: Target<Q, R>,
        request: Q,
        policy: Consumer<in RetryPolicyBuilder>?,
    ): CompletableFuture<R> = life.future { invoke(target, request, policy.settings()) }

    fun <Q, R> invokeOrDefer(
        target: Target<Q, R>,
        request: Q,
        persistFirst: Boolean,
        options: Consumer<in CallOptions>,
    ): InvokeResult<R> = life.run { invokeOrDefer(target, request, persistFirst, options.settings()).toJava() }

    fun <Q, R> invokeOrDeferAsync(
        target: Target<Q, R>,
        request: Q,
        persistFirst: Boolean,
        options: Consumer<in CallOptions>,
    ): CompletableFuture<InvokeResult<R>> = life.future { invokeOrDefer(target, request, persistFirst, options.settings()).toJava() }

    fun enqueue(
        name: String,
        request: Any?,
        options: Consumer<in CallOptions>,
    ): QueuedCall<Any?> = life.ask { enqueue(name, request, options.settings()) }.toJava()

    fun invoke(
        name: String,
        request: Any?,
        policy: Consumer<in RetryPolicyBuilder>?,
    ): Any? = life.run { invoke(name, request, policy.settings()) }

    fun invokeOrDefer(
        name: String,
        request: Any?,
        options: Consumer<in CallOptions>,
    ): InvokeResult<Any?> = life.run { invokeOrDefer(name, request, false, options.settings()).toJava() }

    fun cancel(cid: String): CancelResult = life.ask { cancel(cid) }

    fun find(cid: String): CallInfo? = life.ask { find(cid) }?.let(::CallInfo)

    fun errors(cid: String): List<CallError> = life.ask { errors(cid) }.map { CallError.of(it) }

    fun counts(): List<CallCount> = life.ask { counts() }

    fun why(cid: String): Diagnosis = life.ask { why(cid) }

    fun pause(lane: String): Unit = life.ask { pause(lane) }

    fun resume(lane: String): Unit = life.ask { resume(lane) }

    fun dead(
        limit: Int,
        filter: Predicate<in CallInfo>,
    ): List<CallInfo> = life.askApart { deadCalls(limit, filter.onCalls()) }.map(::CallInfo)

    fun replay(
        dryRun: Boolean,
        filter: Predicate<in CallInfo>,
    ): Map<String, ReplayResult> = life.askApart { replay(dryRun, filter.onCalls()) }

    fun discard(
        dryRun: Boolean,
        filter: Predicate<in CallInfo>,
    ): List<String> = life.askApart { discard(dryRun, filter.onCalls()) }

    private fun <R> CallHandle<R>.toJava() = QueuedCall(this, life)
}

internal fun Consumer<in CallOptions>.settings(): CoreCallOptions.() -> Unit = { accept(CallOptions(this)) }

@JvmName("policyTold")
private fun Consumer<in RetryPolicyBuilder>?.settings(): (RetryPolicyBuilder.() -> RetryPolicyBuilder)? =
    this?.let { consumer -> { apply(consumer::accept) } }

private fun <R> CoreInvokeResult<R>.toJava(): InvokeResult<R> =
    when (this) {
        is CoreInvokeResult.Completed -> InvokeResult.Completed(value)
        is CoreInvokeResult.Deferred -> InvokeResult.Deferred(cid)
    }

private fun Predicate<in CallInfo>.onCalls(): (StoredCall) -> Boolean = { test(CallInfo(it)) }
