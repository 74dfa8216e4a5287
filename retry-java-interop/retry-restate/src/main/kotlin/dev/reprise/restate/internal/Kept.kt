package dev.reprise.restate.internal

import dev.reprise.queue.model.CallState
import dev.restate.sdk.ObjectContext
import dev.restate.sdk.common.StateKey
import dev.restate.serde.Serde
import kotlin.jvm.optionals.getOrNull

/** What the object of a call keeps. */
internal object Kept {
    val view: Serde<CallView> = Json.of<CallView>()
    val call: StateKey<KeptCall> = StateKey.of("call", Json.of<KeptCall>())

    /** Its handler and its state, for queries. */
    val at: StateKey<String> = StateKey.of("at", Json.plain)

    /** The first failure and the last 99. */
    val errors: StateKey<Array<ErrorRecord>> = StateKey.of("errors", Json.of<Array<ErrorRecord>>())

    /** The awakeables that wait for its end. */
    val waiting: StateKey<Array<String>> = StateKey.of("waiting", Json.of<Array<String>>())

    /** The invocation of its attempt. */
    val attempt: StateKey<String> = StateKey.of("attempt", Json.plain)
    val gone: StateKey<GoneRecord> = StateKey.of("gone", Json.of<GoneRecord>())
}

internal val KeptCall.hasEnded: Boolean get() = stateOf(call).isEnd

internal fun KeptCall.isIn(state: CallState): Boolean = call.state == state.name

internal fun ObjectContext.kept(): KeptCall? = get(Kept.call).getOrNull()

internal fun ObjectContext.errors(): List<ErrorRecord> = get(Kept.errors).getOrNull()?.toList().orEmpty()

internal fun ObjectContext.waiting(): Array<String> = get(Kept.waiting).getOrNull() ?: emptyArray()
