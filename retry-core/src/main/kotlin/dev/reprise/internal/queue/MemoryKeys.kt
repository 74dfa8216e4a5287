package dev.reprise.internal.queue

import dev.reprise.queue.spi.NewCall

/** The unique keys, each with the call that has it and, for a step of a handler, the call of that handler. Not thread-safe. */
internal class MemoryKeys {
    private class Holder(
        val cid: String,
        val parent: String?,
    )

    private val keys = HashMap<String, Holder>()
    private val steps = HashMap<String, MutableSet<String>>()

    /** The call that has [key]; null if it is free. */
    fun holder(key: String): String? = keys[key]?.cid

    /** Takes the key of [call], if it has one; returns the other call that has it, or null. */
    fun take(call: NewCall): String? {
        val key = call.uniqueKey ?: return null
        val holder = keys[key]
        if (holder != null) return holder.cid.takeIf { it != call.cid }
        val parent = call.origCid.takeIf { call.keepUniqueKey }
        keys[key] = Holder(call.cid, parent)
        if (parent != null) steps.getOrPut(parent) { HashSet() } += key
        return null
    }

    /** The id of the call that has [key]; null if none has it. */
    fun holderOf(key: String): String? = keys[key]?.cid

    /** The call has ended: its key is free, unless it is that of a step. */
    fun free(call: NewCall) {
        if (!call.keepUniqueKey) remove(call)
    }

    /** The call is deleted: its key and those of its steps are free. The key of a step stays taken while its parent [isKnown]. */
    fun forget(
        call: NewCall,
        isKnown: (String) -> Boolean,
    ) {
        steps.remove(call.cid)?.forEach { keys -= it }
        val parent = call.uniqueKey?.let { keys[it] }?.parent
        if (parent == null || !isKnown(parent)) remove(call)
    }

    private fun remove(call: NewCall) {
        val key = call.uniqueKey ?: return
        val holder = keys[key]?.takeIf { it.cid == call.cid } ?: return
        keys -= key
        holder.parent?.let { steps[it] }?.remove(key)
    }
}
