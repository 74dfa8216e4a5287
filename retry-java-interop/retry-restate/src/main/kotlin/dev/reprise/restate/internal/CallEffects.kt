package dev.reprise.restate.internal

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.OnDeadPredecessor
import dev.restate.sdk.ObjectContext
import java.time.Duration

/** Does what was decided about a call: keeps it, and sends what follows. */
internal class CallEffects(
    private val services: Services,
    private val retention: Duration,
) {
    /** Takes [step]; [errors] are the failures before it. */
    fun take(
        context: ObjectContext,
        errors: List<ErrorRecord>,
        step: Step,
    ) {
        val call = step.kept.call
        context.set(Kept.call, step.kept)
        context.set(Kept.at, "${call.handler} ${call.state}")
        step.error?.let { context.set(Kept.errors, limited(errors + it)) }
        when (stateOf(call)) {
            CallState.HELD -> Unit
            CallState.READY -> context.send(services.due.to(call.cid, step.kept.wakes), Duration.ofMillis(call.dueAt - step.now))
            CallState.RUNNING -> context.set(Kept.attempt, context.send(services.attempt.to(call)).invocationId())
            else -> follow(context, call, step)
        }
    }

    private fun limited(errors: List<ErrorRecord>) =
        (if (errors.size > MOST_ERRORS) errors.take(1) + errors.takeLast(MOST_ERRORS - 1) else errors).toTypedArray()

    /** What follows the end of [call]. */
    private fun follow(
        context: ObjectContext,
        call: CallRecord,
        step: Step,
    ) {
        step.callbacks.forEach { context.send(services.accept.to(it.cid, it)) }
        leave(context, call)
        context.waiting().forEach { wake(context, it, call) }
        context.clear(Kept.waiting)
        context.clear(Kept.attempt)
        call.expiresAt?.let { expireLater(context, it, Duration.ofMillis(it - step.now)) }
    }

    /** Lets the next call of its order follow [call], which has ended, unless it is dead and blocks. */
    fun leave(
        context: ObjectContext,
        call: CallRecord,
    ) {
        val blocks = call.state == CallState.DEAD.name && call.onDeadPredecessor == OnDeadPredecessor.BLOCK.name
        if (!blocks) pass(context, call)
    }

    /** Lets the next call of its order follow [call]. */
    fun pass(
        context: ObjectContext,
        call: CallRecord,
    ) {
        call.orderKey?.let { context.send(services.left.to(it, call.cid)) }
    }

    /** Passes [call], which has ended or is unknown, to what waits with [awakeable]. */
    fun wake(
        context: ObjectContext,
        awakeable: String,
        call: CallRecord?,
    ) {
        context.awakeableHandle(awakeable).resolve(Kept.view, CallView().apply { this.call = call })
    }

    /** Deletes [call] at [now], but for its unique key if that stays taken. */
    fun forget(
        context: ObjectContext,
        call: CallRecord,
        now: Long,
    ) {
        context.clearAll()
        val key = call.uniqueKey ?: return
        val until = keyTakenUntil(call)
        if (until <= now) return freeKey(context, key)
        val gone =
            GoneRecord().apply {
                uniqueKey = key
                keyUntil = until
                parent = if (call.keepUniqueKey) call.origCid else null
            }
        context.set(Kept.gone, gone)
        expireLater(context, now, if (call.keepUniqueKey) retention else Duration.ofMillis(until - now))
    }

    /** Deletes all that is left. */
    fun freeKey(
        context: ObjectContext,
        uniqueKey: String,
    ) {
        context.clearAll()
        context.send(services.free.to(uniqueKey, context.key()))
    }

    /** Looks after [delay] whether the retention that ends at [at] is over. */
    fun expireLater(
        context: ObjectContext,
        at: Long,
        delay: Duration = retention,
    ) {
        context.send(services.expire.to(context.key(), at), delay)
    }

    private companion object {
        const val MOST_ERRORS = 100
    }
}
