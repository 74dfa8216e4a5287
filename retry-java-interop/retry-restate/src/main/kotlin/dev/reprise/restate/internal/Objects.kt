package dev.reprise.restate.internal

import dev.reprise.queue.model.ReplayResult
import dev.restate.sdk.Context
import dev.restate.sdk.HandlerRunner
import dev.restate.sdk.ObjectContext
import dev.restate.sdk.common.StateKey
import dev.restate.sdk.endpoint.definition.HandlerType.EXCLUSIVE
import dev.restate.sdk.endpoint.definition.HandlerType.SHARED
import dev.restate.sdk.endpoint.definition.ServiceDefinition
import dev.restate.sdk.endpoint.definition.ServiceType
import kotlin.jvm.optionals.getOrNull

/** The object of one order key: gives its calls their turns. */
internal class OrderObject(
    private val services: Services,
) {
    fun definition(options: HandlerRunner.Options): ServiceDefinition =
        ServiceDefinition.of(
            services.orders,
            ServiceType.VIRTUAL_OBJECT,
            listOf(
                services.enqueue.does(EXCLUSIVE, options, ::enqueue),
                services.join.does(EXCLUSIVE, options, ::join),
                services.left.does(EXCLUSIVE, options, ::left),
            ),
        )

    private fun enqueue(
        context: ObjectContext,
        call: CallRecord,
    ): Boolean {
        val isNew = context.call(services.accept.to(call.cid, call)).await()
        if (isNew) join(context, call.cid)
        return isNew
    }

    private fun join(
        context: ObjectContext,
        cid: String,
    ) {
        val order = context.order()
        if (cid == order.head) context.send(services.turn.to(cid, Unit))
        if (cid != order.head && cid !in order.waiting) order.waiting += cid
        advance(context, order)
    }

    private fun left(
        context: ObjectContext,
        cid: String,
    ) {
        val order = context.order()
        if (cid == order.head) order.head = null else order.waiting -= cid
        advance(context, order)
    }

    private fun advance(
        context: ObjectContext,
        order: OrderRecord,
    ) {
        val next = order.waiting.firstOrNull()
        if (order.head == null && next != null) {
            order.head = next
            order.waiting = order.waiting.drop(1)
            context.send(services.turn.to(next, Unit))
        }
        if (order.head == null) context.clearAll() else context.set(ORDER, order)
    }

    private fun ObjectContext.order() = get(ORDER).getOrNull() ?: OrderRecord()

    private companion object {
        val ORDER: StateKey<OrderRecord> = StateKey.of(Services.ORDER, Json.of<OrderRecord>())
    }
}

/** The object of one unique key: knows the call that has it, which may have ended meanwhile. */
internal class KeyObject(
    private val services: Services,
    private val clock: () -> Long,
) {
    fun definition(options: HandlerRunner.Options): ServiceDefinition =
        ServiceDefinition.of(
            services.keys,
            ServiceType.VIRTUAL_OBJECT,
            listOf(
                services.hold.does(EXCLUSIVE, options, ::hold),
                services.holdAgain.does(EXCLUSIVE, options, ::holdAgain),
                services.free.does(EXCLUSIVE, options, ::free),
            ),
        )

    private fun hold(
        context: ObjectContext,
        call: CallRecord,
    ): AcceptedRecord {
        val other = otherHolder(context, call.cid)
        if (other != null) return AcceptedRecord().apply { cid = other }
        context.set(HOLDER, call.cid)
        return context.accept(services, call)
    }

    private fun holdAgain(
        context: ObjectContext,
        cid: String,
    ): String {
        if (otherHolder(context, cid) != null) return ReplayResult.KEY_TAKEN.name
        context.set(HOLDER, cid)
        return context.restart(services, cid)
    }

    private fun free(
        context: ObjectContext,
        cid: String,
    ) {
        if (context.get(HOLDER).getOrNull() == cid) context.clearAll()
    }

    /** The call other than [cid] that has the key; null if there is none. */
    private fun otherHolder(
        context: ObjectContext,
        cid: String,
    ): String? {
        val holder = context.get(HOLDER).getOrNull()?.takeIf { it != cid } ?: return null
        val until = context.call(services.look.to(holder, false)).await().keyUntil
        return holder.takeIf { until > context.run("now", Json.of<Long>()) { clock() } }
    }

    private companion object {
        val HOLDER: StateKey<String> = StateKey.of(Services.HOLDER, Json.plain)
    }
}

/** What concerns several calls, or a call and its keys: one request that is stored as a whole, and done to its end. */
internal class Door(
    private val services: Services,
) {
    fun definition(options: HandlerRunner.Options): ServiceDefinition =
        ServiceDefinition.of(
            services.door,
            ServiceType.SERVICE,
            listOf(
                services.acceptAll.does(SHARED, options, ::acceptAll),
                services.replay.does(SHARED, options, ::replay),
            ),
        )

    private fun acceptAll(
        context: Context,
        calls: Array<CallRecord>,
    ): Array<AcceptedRecord> {
        val holders = HashMap<String, String>()
        return calls.map { accept(context, it, holders) }.toTypedArray()
    }

    /** Of calls that are accepted together the first has a unique key, even if it ends before the next one is accepted: [holders] has its id. */
    private fun accept(
        context: Context,
        call: CallRecord,
        holders: MutableMap<String, String>,
    ): AcceptedRecord {
        val key = call.uniqueKey ?: return context.accept(services, call)
        val holder = holders[key] ?: return context.call(services.hold.to(key, call)).await().also { holders[key] = it.cid }
        return AcceptedRecord().apply { cid = holder }
    }

    private fun replay(
        context: Context,
        dead: KeyedRecord,
    ): String = dead.uniqueKey?.let { context.call(services.holdAgain.to(it, dead.cid)).await() } ?: context.restart(services, dead.cid)
}

/** Accepts [call] behind those of its order, if it has one. */
private fun Context.accept(
    services: Services,
    call: CallRecord,
): AcceptedRecord {
    val order = call.orderKey
    val request = if (order == null) services.accept.to(call.cid, call) else services.enqueue.to(order, call)
    val accepted = this.call(request).await()
    return AcceptedRecord().apply {
        cid = call.cid
        isNew = accepted
    }
}

private fun Context.restart(
    services: Services,
    cid: String,
): String = (if (call(services.restart.to(cid, Unit)).await()) ReplayResult.REPLAYED else ReplayResult.NOT_DEAD).name
