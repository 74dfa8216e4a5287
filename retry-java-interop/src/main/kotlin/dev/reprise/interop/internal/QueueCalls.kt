@file:JvmName("QueueCalls")

package dev.reprise.interop.internal

import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.Target
import dev.reprise.retryPolicy
import java.util.concurrent.CompletableFuture
import java.util.function.BiConsumer
import java.util.function.Consumer
import java.util.function.Predicate

// Options from Java code, and the operations of a queue whose types it cannot express; it passes its own continuation to the others.

internal fun options(options: Consumer<in CallOptions>): CallOptions.() -> Unit = options::accept

internal fun <Q> options(options: BiConsumer<in Q, in CallOptions>): CallOptions.(Q) -> Unit = { options.accept(it, this) }

internal fun policy(block: Consumer<in RetryPolicyBuilder>): RetryPolicy = retryPolicy { apply(block::accept) }

/** As part of the call of [context], also on the thread of a later stage. */
internal fun <Q, R> enqueueOnce(
    life: QueueLife,
    context: CallContext,
    step: String,
    target: Target<Q, R>,
    request: Q,
    options: Consumer<in CallOptions>,
): CallHandle<R> = context.runAs { life.ask { context.enqueueOnce(step, target, request, options::accept) } }

internal fun <Q, R> invoke(
    target: Target<Q, R>,
    request: Q,
    policy: RetryPolicy?,
): suspend RetryQueue.() -> R = { if (policy == null) invoke(target, request) else invoke(target, request, policy) }

internal fun <Q, R> invokeOrDefer(
    life: QueueLife,
    target: Target<Q, R>,
    request: Q,
    persistFirst: Boolean,
    options: Consumer<in CallOptions>,
): InvokeResult<R> = life.run { invokeOrDefer(target, request, persistFirst, options::accept) }

internal fun <Q, R> invokeOrDeferAsync(
    life: QueueLife,
    target: Target<Q, R>,
    request: Q,
    persistFirst: Boolean,
    options: Consumer<in CallOptions>,
): CompletableFuture<InvokeResult<R>> = life.future { invokeOrDefer(target, request, persistFirst, options::accept) }

internal fun replay(
    life: QueueLife,
    dryRun: Boolean,
    filter: Predicate<in Call>,
): Map<String, ReplayResult> = life.askApart { replay(dryRun, filter::test) }
