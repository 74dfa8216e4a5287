package dev.reprise.internal.util

/** Handles that are closed together. One that is added after [close] is closed immediately, so adding can race with closing. */
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
