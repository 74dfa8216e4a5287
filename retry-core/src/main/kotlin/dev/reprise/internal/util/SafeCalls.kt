package dev.reprise.internal.util

/**
 * Runs code that must not change how a run ends: a listener, the closing of a discarded result. What it throws is logged, so that it is
 * seen somewhere. [what] asks nothing of the user's objects: their `toString` may throw as well.
 */
internal inline fun aside(
    what: () -> String,
    code: () -> Unit,
) {
    try {
        code()
    } catch (e: Throwable) {
        System.getLogger("dev.reprise").log(System.Logger.Level.WARNING, "${what()} threw; the run goes on as if it had not", e)
    }
}

/** Closes a result that nobody will get. */
internal fun discard(result: Any?) {
    if (result is AutoCloseable) aside({ "closing a discarded ${result.javaClass.name}" }) { result.close() }
}
