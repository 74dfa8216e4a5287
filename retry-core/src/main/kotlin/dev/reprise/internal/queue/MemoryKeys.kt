package dev.reprise.internal.queue

import dev.reprise.queue.spi.NewCall

/** The unique keys, each with the call that has it and, for a step of a handler, the call of that handler. Not thread-safe. */
internal class MemoryKeys {
    private class Holder(
        val cid: String,
        val parent: String?,
    ) {
        /** When the key is free again, once the call has ended. */
        var freeAt = Long.MAX_VALUE
    }

    private val keys = HashMap<String, Holder>()
    private val steps = HashMap<String, MutableSet<String>>()

    /** The id of the call that has [key] at [now]; null if it is free. */
    fun holder(
        key: String,
        now: Long,
    ): String? = keys[key]?.takeIf { it.freeAt > now }?.cid

    /** Takes the key of [call], if it has one; returns the other call that has it, or null. */
    fun take(
        call: NewCall,
        now: Long,
    ): String? {
        val key = call.uniqueKey ?: return null
        val holder = holder(key, now)
        if (holder != null && holder != call.cid) return holder
        val parent = call.origCid.takeIf { call.keepUniqueKey }
        keys[key] = Holder(call.cid, parent)
        if (parent != null) steps.getOrPut(parent) { HashSet() } += key
        return null
    }

    /** The call ended at [now]: its key is free, now or later, unless it is that of a step. */
    fun free(
        call: NewCall,
        now: Long,
    ) {
        if (call.keepUniqueKey) return
        if (call.uniqueForMillis == 0L) remove(call) else holderOf(call)?.freeAt = now + call.uniqueForMillis
    }

    /** Forgets at most [limit] keys that are free at [now]; returns how many. */
    fun purge(
        now: Long,
        limit: Int,
    ): Int {
        val free = keys.entries.filter { it.value.freeAt <= now }.take(limit)
        return free.onEach { keys -= it.key }.size
    }

    /**
     * The call is deleted: its key, unless it is free at a later time, and those of its steps are free. The key of a step stays taken while its
     * parent [isKnown].
     */
    fun forget(
        call: NewCall,
        isKnown: (String) -> Boolean,
    ) {
        steps.remove(call.cid)?.forEach { keys -= it }
        val parent = call.uniqueKey?.let { keys[it] }?.parent
        if (call.uniqueForMillis == 0L && (parent == null || !isKnown(parent))) remove(call)
    }

    private fun holderOf(call: NewCall) = call.uniqueKey?.let { keys[it] }?.takeIf { it.cid == call.cid }

    private fun remove(call: NewCall) {
        val holder = holderOf(call) ?: return
        val key = checkNotNull(call.uniqueKey)
        keys -= key
        holder.parent?.let { steps[it] }?.remove(key)
    }
}
