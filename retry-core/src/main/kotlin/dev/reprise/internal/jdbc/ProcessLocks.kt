package dev.reprise.internal.jdbc

import dev.reprise.internal.util.ProcessIdentity

/**
 * Locks that end with the process that holds them: who gets the lock of another process has proof that it is gone. A frozen process keeps
 * its own.
 */
internal interface ProcessLocks : AutoCloseable {
    /** True if only processes of the same name test each other. */
    val needsName: Boolean

    /** Holds the lock [name] until it is released or this process ends. The lock can come later, or never: then nothing is proven. */
    fun hold(
        session: JdbcSession,
        name: String,
    )

    /** Gives up the lock [name]. */
    fun release(
        session: JdbcSession,
        name: String,
    )

    /** Those of the locks in [holders], each with the process that had taken it, whose process is proven to be gone. */
    fun gone(
        session: JdbcSession,
        holders: Map<String, ProcessIdentity>,
    ): Set<String>

    /** After how many milliseconds another look can prove more; null if that is not known. */
    val nextLookMillis: Long?
}
