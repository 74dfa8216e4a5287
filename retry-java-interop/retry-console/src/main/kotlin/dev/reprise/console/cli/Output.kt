package dev.reprise.console.cli

import picocli.CommandLine.Option
import java.io.PrintWriter

/** A column of a table: its heading, and its text for a row. */
internal class CliColumn(
    val name: String,
    val text: (Map<*, *>) -> Any?,
) {
    constructor(name: String, member: String) : this(name, { it[member] })
}

/** How documents are written. */
internal class Output {
    @Option(names = ["--json"], description = ["Write the documents of the API"])
    var isJson: Boolean = false

    @Option(names = ["--tsv"], description = ["Write values separated by tabs, without headings"])
    var isTsv: Boolean = false

    /** Writes [rows]; returns the exit code. */
    fun write(
        out: PrintWriter,
        answer: Answer,
        rows: List<Map<*, *>>,
        columns: List<CliColumn>,
    ): Int {
        when {
            isJson -> out.print(answer.text)
            isTsv -> rows.forEach { row -> out.println(columns.joinToString("\t") { cell(it.text(row)) }) }
            rows.isEmpty() -> out.println("Nothing fits.")
            else -> table(out, rows, columns)
        }
        if (!isJson && !isTsv) answer["next"]?.let { out.println("There are more: --after '$it'") }
        return if (rows.isEmpty()) Exit.NOT_FOUND else Exit.DONE
    }

    /** Columns in which no row has anything are left out. */
    private fun table(
        out: PrintWriter,
        rows: List<Map<*, *>>,
        all: List<CliColumn>,
    ) {
        val columns = all.filter { column -> rows.any { cell(column.text(it)).isNotEmpty() } }
        val cells = rows.map { row -> columns.map { cell(it.text(row)).ifEmpty { "-" } } }
        val widths = columns.mapIndexed { i, column -> maxOf(column.name.length, cells.maxOf { it[i].length }) }
        val heading = line(columns.map { it.name }, widths)
        out.println(if (Terminal.hasColour) "\u001b[1m$heading\u001b[0m" else heading)
        cells.forEach { out.println(line(it, widths)) }
    }

    private fun line(
        cells: List<String>,
        widths: List<Int>,
    ) = cells.mapIndexed { i, cell -> if (i == cells.lastIndex) cell else cell.padEnd(widths[i]) }.joinToString("  ").trimEnd()

    /** In one line, and without characters that could steer the terminal. */
    private fun cell(value: Any?): String =
        when (value) {
            null -> ""
            is List<*> -> value.joinToString(",") { cell(it) }
            else -> value.toString().map { if (it < ' ' || it == '\u007F') ' ' else it }.joinToString("")
        }
}

/** What is known about where the output goes. */
internal object Terminal {
    /** On newer JDKs there is a console object for redirected output too. */
    val isThere: Boolean by lazy {
        val console = System.console() ?: return@lazy false
        val method = console.javaClass.methods.firstOrNull { it.name == "isTerminal" && it.parameterCount == 0 }
        if (method == null) return@lazy true
        runCatching { java.io.Console::class.java.getMethod("isTerminal").invoke(console) as Boolean }.getOrDefault(false)
    }

    val hasColour: Boolean get() = isThere && System.getenv("NO_COLOR").isNullOrEmpty()
}
