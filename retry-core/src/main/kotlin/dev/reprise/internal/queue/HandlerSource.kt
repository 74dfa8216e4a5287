package dev.reprise.internal.queue

import dev.reprise.queue.model.CallContext

/** Supplies the code of a handler, for one attempt at a time. */
internal interface HandlerSource<Q, R> {
    /** Finds the classes that the code knows; null if that is unknown. */
    val loader: ClassLoader?

    /** The version of the code; null if that is known only when it is taken. */
    val version: Int? get() = null

    fun take(): TakenHandler<Q, R>
}

/** The code for one attempt; [release] ends its use. */
internal class TakenHandler<Q, R>(
    val version: Int,
    val code: suspend CallContext.(Q) -> R,
    val release: () -> Unit = {},
)

/** Code that does not change. */
internal fun <Q, R> fixed(
    version: Int,
    code: suspend CallContext.(Q) -> R,
): HandlerSource<Q, R> =
    object : HandlerSource<Q, R> {
        private val taken = TakenHandler(version, code)
        override val loader: ClassLoader? = code.javaClass.classLoader
        override val version: Int = taken.version

        override fun take() = taken
    }

/** Takes the code for the duration of [work]. */
internal suspend fun <Q, R, T> HandlerSource<Q, R>.use(work: suspend (TakenHandler<Q, R>) -> T): T {
    val taken = take()
    try {
        return work(taken)
    } finally {
        taken.release()
    }
}
