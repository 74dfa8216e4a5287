package dev.reprise.policy

/** A notation that cannot be parsed: [text] is wrong at [position], a 0-based offset. The message points at it. */
public class RetryPolicyParseException internal constructor(
    public val text: String,
    public val position: Int,
    problem: String,
    cause: Throwable? = null,
) : IllegalArgumentException("$problem\n${pointer(text, position)}", cause)

/** The line of [text] that holds [position], and a caret below it. */
private fun pointer(
    text: String,
    position: Int,
): String {
    val start = text.lastIndexOf('\n', position - 1) + 1
    val end = text.indexOf('\n', position).let { if (it < 0) text.length else it }
    // A tab in the line is a tab above the caret: both lines are then as wide.
    val indent = text.substring(start, position).map { if (it == '\t') it else ' ' }.joinToString("")
    return "  ${text.substring(start, end).trimEnd()}\n  $indent^"
}
