package dev.reprise.console.internal.kit

import java.time.Instant

/** Reads and writes the documents of the API: maps, lists, texts, numbers, truth values, null; instants as text in UTC. */
internal object Json {
    fun write(value: Any?): String = StringBuilder().also { it.put(value, 0) }.append('\n').toString()

    /** The same in one line, for an event. */
    fun writeLine(texts: Map<String, String>): String =
        StringBuilder("{")
            .also { line ->
                texts.entries.forEachIndexed { i, (name, text) ->
                    if (i > 0) line.append(',')
                    line.quoted(name).append(':')
                    line.quoted(text)
                }
            }.append('}')
            .toString()

    /** @throws IllegalArgumentException if [text] is no JSON. */
    fun read(text: String): Any? = JsonReader(text).document()

    private fun StringBuilder.put(
        value: Any?,
        depth: Int,
    ) {
        when (value) {
            null -> {
                append("null")
            }

            is Number, is Boolean -> {
                append(value)
            }

            is Map<*, *> -> {
                putAll('{', value.entries, '}', depth) { (name, member) ->
                    quoted(name.toString()).append(": ").put(
                        member,
                        depth + 1,
                    )
                }
            }

            is Iterable<*> -> {
                putAll('[', value.toList(), ']', depth) { put(it, depth + 1) }
            }

            is Instant -> {
                quoted(value.toString())
            }

            is Enum<*> -> {
                quoted(value.name)
            }

            else -> {
                quoted(value.toString())
            }
        }
    }

    private fun <T> StringBuilder.putAll(
        open: Char,
        all: Collection<T>,
        close: Char,
        depth: Int,
        one: (T) -> Unit,
    ) {
        append(open)
        all.forEachIndexed { i, it ->
            append(if (i > 0) ",\n" else "\n").append("  ".repeat(depth + 1))
            one(it)
        }
        if (all.isNotEmpty()) append('\n').append("  ".repeat(depth))
        append(close)
    }

    private fun StringBuilder.quoted(text: String): StringBuilder {
        append('"')
        for (c in text) {
            when {
                c == '"' || c == '\\' -> append('\\').append(c)
                c == '\n' -> append("\\n")
                c < ' ' || c.isSurrogate() || c == '\u2028' || c == '\u2029' -> append("\\u").append(c.code.toString(16).padStart(4, '0'))
                else -> append(c)
            }
        }
        return append('"')
    }
}

private class JsonReader(
    private val text: String,
) {
    private var at = 0

    fun document(): Any? = value(0).also { if (peek() != END) fail("the end") }

    private fun value(depth: Int): Any? {
        if (depth > DEEPEST) fail("less nesting")
        return when (val c = peek()) {
            '{' -> members(depth)
            '[' -> ArrayList<Any?>().also { list -> all('[', ']') { list += value(depth + 1) } }
            '"' -> quoted()
            't' -> word("true", true)
            'f' -> word("false", false)
            'n' -> word("null", null)
            else -> if (c == '-' || c in '0'..'9') number() else fail("a value")
        }
    }

    private fun members(depth: Int): Map<String, Any?> {
        val map = LinkedHashMap<String, Any?>()
        all('{', '}') {
            peek()
            val name = quoted()
            expect(':')
            map[name] = value(depth + 1)
        }
        return map
    }

    private fun all(
        open: Char,
        close: Char,
        one: () -> Unit,
    ) {
        expect(open)
        if (peek() != close) {
            one()
            while (peek() == ',') {
                at++
                one()
            }
        }
        expect(close)
    }

    private fun quoted(): String {
        expect('"')
        val result = StringBuilder()
        while (true) {
            when (val c = text.getOrElse(at++) { fail("a quote") }) {
                '"' -> return result.toString()
                '\\' -> result.append(escaped())
                else -> result.append(c)
            }
        }
    }

    private fun escaped(): Char =
        when (val c = text.getOrElse(at++) { fail("an escape") }) {
            'n' -> '\n'
            't' -> '\t'
            'r' -> '\r'
            'b' -> '\b'
            'f' -> '\u000C'
            'u' -> (text.substring(at, minOf(at + 4, text.length)).toIntOrNull(16) ?: fail("four digits")).toChar().also { at += 4 }
            '"', '\\', '/' -> c
            else -> fail("an escape")
        }

    private fun <T> word(
        word: String,
        value: T,
    ): T {
        if (!text.startsWith(word, at)) fail("a value")
        at += word.length
        return value
    }

    private fun number(): Number {
        val from = at
        while (at < text.length && (text[at] in '0'..'9' || text[at] in "+-.eE")) at++
        val digits = text.substring(from, at)
        return digits.toLongOrNull() ?: digits.toDoubleOrNull() ?: fail("a number")
    }

    private fun peek(): Char {
        while (at < text.length && text[at] in " \t\r\n") at++
        return text.getOrElse(at) { END }
    }

    private fun expect(c: Char) {
        if (peek() != c) fail("'$c'")
        at++
    }

    private fun fail(what: String): Nothing = throw IllegalArgumentException("This is no JSON: $what was expected at character $at.")

    private companion object {
        const val END = '\uFFFF'
        const val DEEPEST = 50
    }
}
