package dev.reprise.console.internal.kit

import dev.reprise.console.internal.html.Html

/** A button that copies the command line of a page. The script of the console shows it, and replaces `{console}` with its address. */
internal fun Html.copyAsCommand(command: String) =
    "button"("type" to "button", "class" to "small", "data-copy" to command, "hidden" to true) { +"Copy as command" }

/**
 * The command that does in a shell what a page does in a browser: [command] with [options], whose names are those of the filters, and the
 * ids of calls or runs behind them. A console on loopback lets only its browser in, so the command is for the store.
 */
internal fun commandLine(
    visit: Visit,
    command: String,
    options: List<Pair<String, Any?>>,
    ids: List<String> = emptyList(),
): String {
    val where = if (visit.settings.access == null) "--url 'jdbc:…'" else "--console '{console}'"
    val words = options.filter { it.second != null }.map { (name, value) -> option(name, value.toString()) } + ids.map(::quoted)
    return (listOf("java -jar retry-console-cli.jar", command, where) + words).joinToString(" ")
}

private fun option(
    name: String,
    value: String,
): String =
    when {
        name in FLAGS -> "--$name"
        value.startsWith('-') -> "--${nameOf(name)}=${quoted(value)}"
        else -> "--${nameOf(name)} ${quoted(value)}"
    }

/** `--reason` is for the audit. */
private fun nameOf(parameter: String) =
    when (parameter) {
        "reason" -> "dead-reason"
        "onEnd" -> "on-end"
        else -> parameter
    }

private val FLAGS = setOf("retrying", "all", "reset")

private val PLAIN = Regex("[A-Za-z0-9._:/@+,%-]+")

private fun quoted(value: String): String = if (PLAIN.matches(value)) value else "'" + value.replace("'", "'\\''") + "'"
