package dev.reprise.internal.queue

import dev.reprise.RetryPolicy
import dev.reprise.policy.FailedAttempt
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.DeadlinePassedException
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.requireKey
import dev.reprise.queue.model.requireText
import dev.reprise.queue.model.undoHandlerOf
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.toDelayMillis
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/** Creates calls from a request and its options, and checks both. */
internal class NewCalls(
    private val settings: QueueSettings,
) {
    /** A call of [target] with [request], enqueued by [caller]. */
    fun <Q, R> create(
        target: Target<Q, R>,
        request: Q,
        caller: CurrentCall?,
        block: CallOptions.() -> Unit,
    ): NewCall {
        val options = CallOptions().apply(block)
        val title = options.title?.let(CallLabels::title) ?: CallLabels.described(target, request)
        return create(options, target, target.requestPayload(request), title, caller)
    }

    private fun create(
        options: CallOptions,
        target: Target<*, *>,
        payload: Payload,
        title: String?,
        caller: CurrentCall?,
    ): NewCall {
        if (options.priority !in NewCall.PRIORITIES) throw InvalidCallException("priority must be from 0 to 9, but was ${options.priority}")
        if (options.delay.isNegative()) throw InvalidCallException("delay must not be negative, but was ${options.delay}")
        settings.requireSize(payload, target.name)
        val policy = options.policy ?: settings.policy
        return NewCall(
            cid = CorrelationIds.next(),
            handler = target.name,
            payload = payload,
            policy = settings.policies.write(policy),
            priority = options.priority,
            delayMillis = (options.delay + delayBefore(policy, options.firstFailure)).toDelayMillis(),
            deadline = options.deadline?.let { deadlineOf(it, target) },
            orderKey = options.orderKey?.let { requireKey("orderKey", it) },
            onDeadPredecessor = options.onDeadPredecessor,
            uniqueKey = options.uniqueKey?.let { requireKey("uniqueKey", it) },
            keepUniqueKey = options.keepUniqueKey,
            uniqueForMillis = uniqueForMillis(options),
            callbacks = options.callbacks.map(::callbackOf) + listOfNotNull(undoHandlerOf(target.name).takeIf { target.isUndone }),
            context = options.context?.let { contextOf(it, target) },
            source = caller?.handler,
            origCid = caller?.cid,
            tags = CallLabels.tags(options.tags.orEmpty()),
            title = title,
            headers = headersOf(options.headers, target.name),
            firstFailure = options.firstFailure?.let { settings.failures.record(it, 1, null) },
        )
    }

    private fun uniqueForMillis(options: CallOptions): Long {
        val uniqueFor = options.uniqueFor
        if (uniqueFor.isNegative()) throw InvalidCallException("uniqueFor must not be negative, but was $uniqueFor")
        if (uniqueFor.isPositive() && options.uniqueKey == null) {
            throw InvalidCallException("uniqueFor is $uniqueFor, but the call has no unique key; set uniqueKey")
        }
        if (uniqueFor.isPositive() && options.keepUniqueKey) {
            throw InvalidCallException(
                "uniqueFor is $uniqueFor, but the key of enqueueOnce stays taken as long as its call is known; omit it",
            )
        }
        return uniqueFor.toDelayMillis()
    }

    /** Those of [own], and what the carriers write of the context of the caller, as far as that leaves them within the limits. */
    private fun headersOf(
        own: Map<String, String>,
        handler: String,
    ): Map<String, String> {
        val checked = CallLabels.headers(own)
        val context = settings.context.headers(handler)
        if (context.isEmpty()) return checked
        return try {
            CallLabels.headers(context + checked)
        } catch (_: InvalidCallException) {
            checked
        }
    }

    private fun contextOf(
        context: String,
        target: Target<*, *>,
    ): String {
        settings.requireSize(context.encodeToByteArray().size, "the context of a call to '${target.name}'")
        return requireText("context", context)
    }

    private fun callbackOf(callback: CallOptions.Callback): String {
        if (!callback.isRegisteredHere) return callback.name
        val accepted =
            settings
                .registration(callback.name)
                .target.request.name
        if (accepted != PayloadCodec.Outcome.name) {
            throw InvalidCallException(
                "the handler '${callback.name}' takes '$accepted', not a ${CallOutcome::class.simpleName}; register it as a callback",
            )
        }
        return callback.name
    }

    /** In epoch milliseconds; null for an instant that they cannot express because it is too late. */
    private fun deadlineOf(
        instant: Instant,
        target: Target<*, *>,
    ): Long? =
        try {
            instant.toEpochMilli()
        } catch (e: ArithmeticException) {
            if (instant < Instant.EPOCH) throw DeadlinePassedException(target.name, instant) else null
        }

    /** The delay before the first attempt, or before the second one if the first was made and ended with [failure]. */
    private fun delayBefore(
        policy: RetryPolicy,
        failure: Throwable?,
    ): Duration {
        if (failure == null) return policy.logic.initialDelayNanos.nanoseconds
        return policy.session(settings.random).decide(FailedAttempt(1, Duration.ZERO, failure)).delay ?: Duration.ZERO
    }
}
