package dev.reprise.internal.util

/** The logger [name]. What the user's logging library throws changes nothing, and there is no other place to report it. */
internal class SafeLog(
    private val name: String,
) {
    /** Looked up once: the JDK walks the stack for it, which takes longer than a small run. */
    @Volatile
    private var logger: System.Logger? = null

    fun log(
        level: System.Logger.Level,
        text: String,
        failure: Throwable? = null,
    ): Unit = safely { if (failure == null) it.log(level, text) else it.log(level, text, failure) }

    /** Calls [text] if the level is switched on. */
    inline fun log(
        level: System.Logger.Level,
        text: () -> String,
    ): Unit = safely { if (it.isLoggable(level)) it.log(level, text()) }

    private inline fun safely(write: (System.Logger) -> Unit) {
        try {
            write(logger ?: System.getLogger(name).also { logger = it })
        } catch (_: Throwable) {
        }
    }
}
