package dev.reprise.console.internal.html

@DslMarker
internal annotation class HtmlDsl

/**
 * Writes HTML and SVG. It is the only place where text becomes markup, and it escapes all text and all values of attributes: what is stored can
 * hold anything.
 *
 * ```
 * html { "p"("class" to "hint") { +"1 < 2" } }
 * ```
 */
@HtmlDsl
internal class Html {
    private val out = StringBuilder()

    /** An element with its [attributes]: null leaves one out, true is written without a value. Names are constants of the program. */
    operator fun String.invoke(
        vararg attributes: Pair<String, Any?>,
        content: Html.() -> Unit = {},
    ) {
        out.append('<').append(this)
        attributes.forEach { (name, value) -> attribute(name, value) }
        out.append('>')
        if (this in VOID) return
        content()
        out.append("</").append(this).append('>')
    }

    private fun attribute(
        name: String,
        value: Any?,
    ) {
        if (value == null || value == false) return
        out.append(' ').append(name)
        if (value != true) out.append("=\"").also { escape(value.toString()) }.append('"')
    }

    /** Text. */
    operator fun String.unaryPlus() = escape(this)

    /** A piece of text or a number. */
    fun text(value: Any?) = escape(value?.toString().orEmpty())

    private fun escape(text: String) {
        for (c in text) {
            when (c) {
                '&' -> out.append("&amp;")
                '<' -> out.append("&lt;")
                '>' -> out.append("&gt;")
                '"' -> out.append("&quot;")
                '\'' -> out.append("&#39;")
                else -> out.append(if (isWritable(c)) c else '\uFFFD')
            }
        }
    }

    /** Control characters are not allowed in HTML, not even as references. */
    private fun isWritable(c: Char) = (c >= ' ' && c != '\u007F') || c == '\n' || c == '\t'

    override fun toString(): String = out.toString()

    private companion object {
        val VOID = setOf("br", "hr", "input", "link", "meta", "col")
    }
}

/** The markup that [content] writes. */
internal fun html(content: Html.() -> Unit): String = Html().apply(content).toString()
