package dev.reprise.internal.util

/** A piece of JSON that is written unchanged. */
internal class RawJson(
    val text: String,
)

/** As much JSON as stored values need: maps, lists, texts, numbers, truth values, null. */
internal object Json {
    fun write(value: Any?): String = StringBuilder().also { it.put(value) }.toString()

    /** @throws IllegalArgumentException if [text] is no JSON. */
    fun read(text: String): Any? = Reader(text).whole()

    private fun StringBuilder.put(value: Any?) {
        when (value) {
            null -> append("null")
            is RawJson -> append(value.text)
            is String -> putText(value)
            is Number, is Boolean -> append(value)
            is Map<*, *> -> putAll('{', value.entries, '}') { (key, member) -> putText(key as String).append(':').put(member) }
            is List<*> -> putAll('[', value, ']') { put(it) }
            else -> error("no JSON for ${value.javaClass}")
        }
    }

    private fun <T> StringBuilder.putAll(
        open: Char,
        all: Collection<T>,
        close: Char,
        one: (T) -> Unit,
    ) {
        append(open)
        all.forEachIndexed { i, it ->
            if (i > 0) append(',')
            one(it)
        }
        append(close)
    }

    private fun StringBuilder.putText(text: String): StringBuilder {
        append('"')
        for (c in text) {
            when {
                c == '"' || c == '\\' -> append('\\').append(c)
                c < ' ' || c.isSurrogate() -> append("\\u").append(c.code.toString(16).padStart(4, '0'))
                else -> append(c)
            }
        }
        return append('"')
    }

    private class Reader(
        private val text: String,
    ) {
        private var at = 0

        fun whole(): Any? = value().also { if (peek() != END) fail("an end") }

        private fun value(): Any? =
            when (val c = peek()) {
                '{' -> members()
                '[' -> elements()
                '"' -> quoted()
                't', 'f', 'n' -> word()
                else -> if (c == '-' || c in '0'..'9') number() else fail("a value")
            }

        private fun members(): Map<String, Any?> {
            val map = LinkedHashMap<String, Any?>()
            all('{', '}') {
                peek()
                val key = quoted()
                expect(':')
                map[key] = value()
            }
            return map
        }

        private fun elements(): List<Any?> = ArrayList<Any?>().also { list -> all('[', ']') { list += value() } }

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

        private fun word(): Boolean? =
            when {
                text.startsWith("true", at) -> true.also { at += 4 }
                text.startsWith("false", at) -> false.also { at += 5 }
                text.startsWith("null", at) -> null.also { at += 4 }
                else -> fail("a value")
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

        private fun fail(what: String): Nothing =
            throw IllegalArgumentException("no JSON: $what was expected at character $at of ${text.take(200)}")
    }

    private const val END = '\uFFFF'
}
