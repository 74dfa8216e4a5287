package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong

/**
 * Proves that owners of runs are dead, so that their runs are free before their leases expire. Each store holds the lock [lock], which ends with its
 * process, and the id of an owner begins with the name of that lock.
 */
internal abstract class RunProofs(
    protected val lock: String,
) : AutoCloseable {
    private val owners = AtomicLong()
    private val open = ConcurrentHashMap.newKeySet<String>()

    /** True if nothing is owned. */
    protected val isIdle: Boolean get() = open.isEmpty()

    /** The id of a new owner of a run. */
    fun newOwner(): String = "$lock/${owners.incrementAndGet()}".also { open += it }

    /** [owner] owns its run no longer. */
    fun released(owner: String) {
        open -= owner
    }

    /** The lock of the process of [owner]. */
    protected fun lockOf(owner: String): String = owner.substringBefore('/')

    /** True if [hold] has taken effect. */
    abstract val isHeld: Boolean

    /** To be called in a transaction before an owner is written. */
    abstract fun hold(session: JdbcSession)

    /** Frees [run] if the process of its [owner] is proven to be dead; returns whether it is. */
    abstract suspend fun free(
        run: String,
        owner: String,
    ): Boolean

    /** After how many milliseconds another look can prove that the process of [owner] is dead; null if that is not known. */
    abstract fun nextLookMillis(owner: String): Long?
}
