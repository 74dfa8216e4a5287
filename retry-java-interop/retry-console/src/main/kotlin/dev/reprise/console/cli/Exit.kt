package dev.reprise.console.cli

/** The exit codes. */
internal object Exit {
    const val DONE = 0
    const val NOT_FOUND = 1
    const val USAGE = 2
    const val UNREACHABLE = 3
    const val SKIPPED = 4
    const val SCHEMA = 5
}

/** Ends a command with [code] and a message. */
internal class CliFailure(
    val code: Int,
    override val message: String,
) : RuntimeException(message, null, false, false)
