package dev.reprise.internal.util

/** Things to let go together. What is added after [close] is let go at once, so adding may race with closing. */
internal class CloseableBag : AutoCloseable {
    private var held: ArrayList<AutoCloseable>? = ArrayList(2)

    operator fun plusAssign(handle: AutoCloseable) {
        val isHeld = synchronized(this) { held?.add(handle) }
        if (isHeld == null) handle.close()
    }

    override fun close() {
        val held = synchronized(this) { held.also { held = null } }
        held?.forEach { it.close() }
    }
}
