package dev.reprise.restate.internal

import dev.restate.common.Request
import dev.restate.common.RequestBuilder
import dev.restate.common.Target
import dev.restate.sdk.Context
import dev.restate.sdk.HandlerRunner
import dev.restate.sdk.endpoint.definition.HandlerDefinition
import dev.restate.sdk.endpoint.definition.HandlerType
import dev.restate.serde.Serde

/** A handler of a service: what it takes, and what it returns. */
internal class Route<Q : Any, R : Any>(
    private val service: String,
    private val handler: String,
    private val request: Serde<Q>,
    private val response: Serde<R>,
) {
    /** A request to the object [key]. */
    fun to(
        key: String,
        body: Q,
    ): RequestBuilder<Q, R> = sent(Target.virtualObject(service, key, handler), body)

    /** A request to the service. */
    fun to(body: Q): RequestBuilder<Q, R> = sent(Target.service(service, handler), body)

    private fun sent(
        target: Target,
        body: Q,
    ) = Request.of(target, request, response, body)

    /** Its definition: [body] is what it does. */
    fun <C : Context> does(
        type: HandlerType,
        options: HandlerRunner.Options,
        body: (C, Q) -> R,
    ): HandlerDefinition<Q, R> = HandlerDefinition.of(handler, type, request, response, InvocationRunner(options, body))
}

/** Its definition if it needs nothing but its context. */
internal fun <C : Context, R : Any> Route<Unit, R>.answers(
    type: HandlerType,
    options: HandlerRunner.Options,
    body: (C) -> R,
): HandlerDefinition<Unit, R> = does(type, options) { context: C, _ -> body(context) }

/** The services of the queue [name], and their handlers. The names are what a person sees in Restate, and sends from there. */
internal class Services(
    name: String,
) {
    /** An object for each call, by its id. */
    val calls = "$name.Call"

    /** Makes attempts. */
    val attempts = "$name.Attempt"

    /** An object for each order key. */
    val orders = "$name.Order"

    /** An object for each unique key. */
    val keys = "$name.Key"

    /** What concerns several calls, or a call and its keys. */
    val door = "$name.Door"

    /** Accepts the call, unless it is there. Returns false if it is. */
    val accept = Route(calls, "accept", Json.of<CallRecord>(), Json.of<Boolean>())

    /** It is due, if this is the wake-up of its last change. */
    val due = Route(calls, "due", Json.of<Int>(), Json.nothing)

    /** Its attempt has ended. */
    val settled = Route(calls, "settled", Json.of<EndRecord>(), Json.nothing)

    /** It is its turn in its order. */
    val turn = Route(calls, "turn", Json.nothing, Json.nothing)

    /** Cancels it; returns a `CancelResult`. */
    val cancel = Route(calls, "cancel", Json.nothing, Json.of<String>())

    /** Makes a call that waits due at another time, in milliseconds since 1970-01-01 UTC, or now with 0. Returns false if it has ended. */
    val reschedule = Route(calls, "reschedule", Json.of<Long>(), Json.of<Boolean>())

    /** Gives it another policy, in its notation. Returns false if it has ended. */
    val policy = Route(calls, "policy", Json.of<String>(), Json.of<Boolean>())

    /** Makes a dead call ready again; returns false if it is not dead. Not for a call with a unique key: that is [replay]. */
    val restart = Route(calls, "restart", Json.nothing, Json.of<Boolean>())

    /** Deletes a dead call; returns false if it is not dead. */
    val discard = Route(calls, "discard", Json.nothing, Json.of<Boolean>())

    /** Lets those behind a dead call run; returns false if it is not dead, or has no order. */
    val unblock = Route(calls, "unblock", Json.nothing, Json.of<Boolean>())

    /** Its retention, which ends at this instant, is over. */
    val expire = Route(calls, "expire", Json.of<Long>(), Json.nothing)

    /** The call at this moment, with its failures if true. */
    val look = Route(calls, "look", Json.of<Boolean>(), Json.of<CallView>())

    /** The awakeable of this id waits for its end. */
    val wait = Route(calls, "wait", Json.of<String>(), Json.nothing)

    /** Waits for its end, and returns it. */
    val end = Route(calls, "end", Json.nothing, Json.of<CallView>())

    /** Makes one attempt at the call, which is claimed. */
    val attempt = Route(attempts, "run", Json.of<CallRecord>(), Json.nothing)

    /** Accepts the call, behind those that are in line. Returns false if it is there. */
    val enqueue = Route(orders, "enqueue", Json.of<CallRecord>(), Json.of<Boolean>())

    /** The call of this id, which is accepted, gets in line. */
    val join = Route(orders, "join", Json.of<String>(), Json.nothing)

    /** The call of this id has ended, or lets the others pass. */
    val left = Route(orders, "left", Json.of<String>(), Json.nothing)

    /** Accepts the call, unless another one has the key. */
    val hold = Route(keys, "hold", Json.of<CallRecord>(), Json.of<AcceptedRecord>())

    /** Makes the dead call of this id ready again, unless another one has the key. Returns a `ReplayResult`. */
    val holdAgain = Route(keys, "holdAgain", Json.of<String>(), Json.of<String>())

    /** The call of this id is no longer known. */
    val free = Route(keys, "free", Json.of<String>(), Json.nothing)

    /** Accepts all of the calls, one after the other. */
    val acceptAll = Route(door, "accept", Json.of<Array<CallRecord>>(), Json.of<Array<AcceptedRecord>>())

    /** Makes a dead call ready again; returns a `ReplayResult`. */
    val replay = Route(door, "replay", Json.of<KeyedRecord>(), Json.of<String>())

    companion object {
        /** The state of an order: its line. */
        const val ORDER = "order"

        /** The state of a unique key: the id of the call that has it. */
        const val HOLDER = "holder"
    }
}
