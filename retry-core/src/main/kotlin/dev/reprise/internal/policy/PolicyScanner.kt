package dev.reprise.internal.policy

import dev.reprise.policy.RetryPolicyParseException

/** The text that is parsed, and where the classes that it names come from. */
internal class NotationSource(
    val text: String,
    val loader: ClassLoader?,
) {
    fun fail(
        position: Int,
        problem: String,
        cause: Throwable? = null,
    ): Nothing = throw RetryPolicyParseException(text, position, problem, cause)
}

/** One call of the text, such as `maxAttempts(5)`; a lone word, such as `forever` or `10s`, is a call without arguments. */
internal class NotationCall(
    val source: NotationSource,
    val position: Int,
    val name: String,
    val arguments: List<NotationArgument>?,
) {
    fun fail(problem: String): Nothing = source.fail(position, problem)
}

/** One argument of a call: a word (`10s`), or calls (`schedule=every(1s) jitter(full)`). [name] is null if there is none. */
internal class NotationArgument(
    val position: Int,
    val name: String?,
    val value: List<NotationCall>,
)

/** True if a word without quotes can contain [char]. */
internal fun isOfWord(char: Char): Boolean = !char.isWhitespace() && char !in "(),={}`"

/** Reads a text from left to right as words, brackets and calls, without interpreting them. */
internal class PolicyScanner(
    private val source: NotationSource,
) {
    private val text = source.text
    private var position = 0
    private var depth = 0

    /** Skips whitespace and returns the position of the next character. */
    fun next(): Int {
        while (position < text.length && text[position].isWhitespace()) position++
        return position
    }

    fun isAtEnd(): Boolean = next() == text.length

    fun isAt(char: Char): Boolean = text.getOrNull(next()) == char

    fun take(char: Char): Boolean = isAt(char).also { if (it) position++ }

    fun fail(problem: String): Nothing = source.fail(next(), problem)

    /** Fails with the character at this position if no text can have it here, otherwise with [problem]. */
    fun failUnexpected(problem: String): Nothing =
        when (val char = text.getOrNull(next())) {
            ',' -> fail("unexpected ','; calls are separated by spaces")
            ')' -> fail(if (depth > 0) problem else "unexpected ')'; no bracket is open")
            '=', '{', '}' -> fail("unexpected '$char'")
            else -> fail(problem)
        }

    /** Fails unless the whole text is read; [others] can follow here too. */
    fun requireEnd(others: String) {
        if (!isAtEnd()) failUnexpected("expected $others or the end of the text")
    }

    /** Consumes the next word if it is one of [words]. */
    fun takeOneOf(words: Set<String>): String? {
        next()
        return words.firstOrNull { text.startsWith(it, position) && !text.continuesWord(position + it.length) }?.also {
            position +=
                it.length
        }
    }

    /** Calls [read] after an opening bracket, then takes the closing one. */
    fun <T> nested(read: () -> T): T {
        // Deeper than any real policy; a text must not overflow the stack.
        if (++depth > 200) fail("the brackets are nested too deeply")
        val value = read()
        if (!take(')')) failUnexpected("expected ')'")
        depth--
        return value
    }

    /** Reads calls up to a closing bracket, a comma, one of [ends], or the end of the text. The list can be empty. */
    fun calls(ends: Set<String> = emptySet()): List<NotationCall> {
        val calls = ArrayList<NotationCall>()
        while (!isAtEnd() && !isAt(')') && !isAt(',')) {
            val before = position
            if (takeOneOf(ends) != null) {
                position = before
                break
            }
            calls += call()
        }
        return calls
    }

    private fun call(): NotationCall {
        val start = next()
        val name = word()
        val hasBracket = text.getOrNull(position) == '('
        val arguments = if (hasBracket) arguments() else null
        if (text.getOrNull(position) == '{') {
            val rule = text.substring(start, position).replace(Regex("\\s+"), " ") + CODE
            source.fail(start, "$rule holds code, which a text cannot represent: build this policy in code")
        }
        return NotationCall(source, start, name, arguments)
    }

    private fun arguments(): List<NotationArgument> {
        position++
        return nested {
            val arguments = ArrayList<NotationArgument>()
            if (!isAt(')')) do arguments += argument() while (take(','))
            arguments
        }
    }

    private fun argument(): NotationArgument {
        val start = next()
        val word = word()
        if (take('=')) return NotationArgument(start, word, value())
        position = start
        return NotationArgument(start, null, value())
    }

    private fun value(): List<NotationCall> = calls().ifEmpty { fail("expected a value") }

    private fun word(): String {
        val start = next()
        if (text.getOrNull(start) == '`') return quotedWord()
        while (text.continuesWord(position)) position++
        if (position == start) fail(if (isAtEnd()) "the text ends too early" else "unexpected '${text[start]}'")
        return text.substring(start, position)
    }

    private fun quotedWord(): String {
        val end = text.indexOfAny(charArrayOf('`', '\n', '\r'), position + 1)
        if (end < 0 || text[end] != '`') fail("expected another '`'")
        return text.substring(position + 1, end).also { position = end + 1 }
    }
}

private fun String.continuesWord(index: Int): Boolean = index < length && isOfWord(this[index])
