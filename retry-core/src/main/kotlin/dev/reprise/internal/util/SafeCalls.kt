package dev.reprise.internal.util

/**
 * Runs code that must not change how a run ends: a listener, the closing of a discarded result. What it throws is logged, so that it is
 * seen somewhere. [what] must not call the user's objects: their `toString` can throw as well.
 */
internal inline fun runLogged(
    what: () -> String,
    code: () -> Unit,
) {
    try {
        code()
    } catch (e: Throwable) {
        warn("${what()} threw; the run continues", e)
    }
}

/** Closes a result that no caller will receive. */
internal fun closeQuietly(result: Any?) {
    if (result is AutoCloseable) runLogged({ "closing a discarded ${result.javaClass.name}" }) { result.close() }
}

/** Logs a warning. What the user's logger throws must not change how a run ends, and there is no other place to report it. */
internal fun warn(
    text: String,
    failure: Throwable,
) {
    try {
        System.getLogger("dev.reprise").log(System.Logger.Level.WARNING, text, failure)
    } catch (_: Throwable) {
    }
}
