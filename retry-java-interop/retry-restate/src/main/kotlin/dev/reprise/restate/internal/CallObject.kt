package dev.reprise.restate.internal

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.restate.sdk.HandlerRunner
import dev.restate.sdk.ObjectContext
import dev.restate.sdk.SharedObjectContext
import dev.restate.sdk.endpoint.definition.HandlerType.EXCLUSIVE
import dev.restate.sdk.endpoint.definition.HandlerType.SHARED
import dev.restate.sdk.endpoint.definition.ServiceDefinition
import dev.restate.sdk.endpoint.definition.ServiceType
import kotlin.jvm.optionals.getOrNull

/**
 * The object of one call. Its handlers change the call one after the other and are short: a delay is a message to itself that arrives
 * later, and an attempt runs in a service of its own. So a call can be cancelled and looked at whatever it does, and no journal grows with
 * its attempts.
 */
internal class CallObject(
    private val services: Services,
    private val steps: CallSteps,
    private val effects: CallEffects,
) {
    fun definition(options: HandlerRunner.Options): ServiceDefinition {
        val handlers =
            listOf(
                services.accept.does(EXCLUSIVE, options, ::accept),
                services.due.does(EXCLUSIVE, options, ::due),
                services.settled.does(EXCLUSIVE, options, ::settled),
                services.turn.answers(EXCLUSIVE, options, ::turn),
                services.cancel.answers(EXCLUSIVE, options, ::cancel),
                services.reschedule.does(EXCLUSIVE, options, ::reschedule),
                services.policy.does(EXCLUSIVE, options, ::policy),
                services.restart.answers(EXCLUSIVE, options, ::restart),
                services.discard.answers(EXCLUSIVE, options, ::discard),
                services.unblock.answers(EXCLUSIVE, options, ::unblock),
                services.expire.does(EXCLUSIVE, options, ::expire),
                services.look.does(EXCLUSIVE, options, ::look),
                services.wait.does(EXCLUSIVE, options, ::join),
                services.end.answers(SHARED, options, ::end),
            )
        // The failures are read where they are needed.
        return ServiceDefinition.of(services.calls, ServiceType.VIRTUAL_OBJECT, handlers).configure { it.enableLazyState(true) }
    }

    private fun accept(
        context: ObjectContext,
        call: CallRecord,
    ): Boolean {
        if (context.kept() != null) return false
        effects.take(context, emptyList(), context.step("accept") { steps.accept(call) })
        return true
    }

    private fun due(
        context: ObjectContext,
        wake: Int,
    ) {
        val kept = context.kept() ?: return
        if (kept.wakes == wake && kept.isIn(CallState.READY)) context.change("due") { steps.due(kept, it) }
    }

    private fun settled(
        context: ObjectContext,
        end: EndRecord,
    ) {
        val kept = context.kept() ?: return
        if (kept.isIn(CallState.RUNNING) && kept.call.claims == end.claim) context.change("settle") { steps.settled(kept, end, it) }
    }

    private fun turn(context: ObjectContext) {
        val kept = context.kept() ?: return
        if (kept.isIn(CallState.HELD)) context.change("turn") { steps.turn(kept, it) }
        if (kept.hasEnded) effects.leave(context, kept.call)
    }

    /** A second request does not wait for the worker. */
    private fun cancel(context: ObjectContext): String {
        val kept = context.kept() ?: return CancelResult.UNKNOWN.name
        if (kept.hasEnded) return CancelResult.ENDED.name
        if (kept.isIn(CallState.RUNNING) && !kept.cancelRequested) {
            context.set(Kept.call, kept.apply { cancelRequested = true })
            context.invocationHandle(context.get(Kept.attempt).get()).cancel()
            return CancelResult.REQUESTED.name
        }
        context.change("cancel") { steps.cancel(kept, it) }
        return CancelResult.CANCELLED.name
    }

    private fun reschedule(
        context: ObjectContext,
        at: Long,
    ): Boolean {
        val kept = context.kept()?.takeIf { it.isIn(CallState.READY) || it.isIn(CallState.HELD) } ?: return false
        context.change("reschedule") { steps.reschedule(kept, at, it) }
        return true
    }

    private fun policy(
        context: ObjectContext,
        notation: String,
    ): Boolean {
        val kept = context.kept()?.takeUnless { it.hasEnded } ?: return false
        kept.call.policy = notation
        kept.call.policyState = null
        context.set(Kept.call, kept)
        return true
    }

    private fun restart(context: ObjectContext): Boolean {
        val kept = context.dead() ?: return false
        context.change("restart") { steps.restart(kept, it) }
        kept.call.orderKey?.let { context.send(services.join.to(it, kept.call.cid)) }
        return true
    }

    private fun discard(context: ObjectContext): Boolean {
        val call = context.dead()?.call ?: return false
        effects.pass(context, call)
        effects.forget(context, call, context.run("now", Json.of<Long>()) { steps.now() })
        return true
    }

    private fun unblock(context: ObjectContext): Boolean {
        val call = context.dead()?.call?.takeIf { it.orderKey != null } ?: return false
        effects.pass(context, call)
        return true
    }

    /** The key of a step stays taken as long as the call is known that enqueued the step. */
    private fun expire(
        context: ObjectContext,
        at: Long,
    ) {
        val gone = context.get(Kept.gone).getOrNull()
        val call = context.kept()?.call?.takeIf { it.expiresAt == at }
        if (gone == null && call == null) return
        val parent = if (call?.keepUniqueKey == true) call.origCid else gone?.parent
        when {
            parent != null && context.call(services.look.to(parent, false)).await().call != null -> effects.expireLater(context, at)
            call != null -> effects.forget(context, call, at)
            gone != null -> effects.freeKey(context, gone.uniqueKey)
        }
    }

    private fun look(
        context: ObjectContext,
        withErrors: Boolean,
    ): CallView {
        val kept = context.kept()
        return CallView().apply {
            call = kept?.call
            keyUntil = kept?.let { keyTakenUntil(it.call) } ?: context.get(Kept.gone).getOrNull()?.keyUntil ?: 0
            if (withErrors) errors = context.errors()
        }
    }

    private fun join(
        context: ObjectContext,
        awakeable: String,
    ) {
        val kept = context.kept()
        if (kept == null || kept.hasEnded) {
            effects.wake(context, awakeable, kept?.call)
        } else {
            context.set(Kept.waiting, context.waiting() + awakeable)
        }
    }

    private fun end(context: SharedObjectContext): CallView {
        val end = context.awakeable(Kept.view)
        context.send(services.wait.to(context.key(), end.id()))
        return end.await()
    }

    private fun ObjectContext.dead(): KeptCall? = kept()?.takeIf { it.isIn(CallState.DEAD) }

    private fun ObjectContext.change(
        name: String,
        decide: (List<ErrorRecord>) -> Step,
    ) {
        val errors = errors()
        effects.take(this, errors, step(name) { decide(errors) })
    }

    private fun ObjectContext.step(
        name: String,
        decide: () -> Step,
    ): Step = run(name, Json.of<Step>()) { decide() }
}
