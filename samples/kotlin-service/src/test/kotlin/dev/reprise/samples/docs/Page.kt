package dev.reprise.samples.docs

/** A page of the documentation: README.md or a page of the guide. */
data class Page(
    /** Relative to the root of the project, with slashes. */
    val path: String,
    val text: String,
) {
    /** The text without the lines of its fenced blocks, which are left empty. */
    val prose: List<String> by lazy { withoutBlocks(text.lines()) }

    /** Its headings of the second level. */
    val sections: List<String> get() = prose.filter { it.startsWith("## ") }.map { it.removePrefix("## ") }

    /** The anchors of its headings, as GitHub builds them. */
    val anchors: Set<String> by lazy {
        val seen = HashMap<String, Int>()
        prose
            .filter { HEADING.containsMatchIn(it) }
            .map { heading ->
                val slug = slugOf(heading.replace(HEADING, ""))
                val earlier = seen.merge(slug, 1, Int::plus)!! - 1
                if (earlier == 0) slug else "$slug-$earlier"
            }.toSet()
    }

    /** The targets of its links, with the 1-based numbers of their lines. */
    val links: List<Pair<Int, String>> by lazy {
        prose.flatMapIndexed { index, line ->
            LINK.findAll(line.replace(INLINE_CODE, "code")).map { index + 1 to it.groupValues[1] }.toList()
        }
    }

    companion object {
        private val HEADING = Regex("^#{1,6} ")
        private val LINK = Regex("]\\(([^)\\s]+)\\)")
        private val INLINE_CODE = Regex("`[^`]+`")

        fun slugOf(heading: String): String =
            heading
                .lowercase()
                .filter { it.isLetterOrDigit() || it == ' ' || it == '-' || it == '_' }
                .replace(' ', '-')

        private fun withoutBlocks(lines: List<String>): List<String> {
            var isInBlock = false
            return lines.map { line ->
                val isFence = line.startsWith(FENCE)
                if (isFence) isInBlock = !isInBlock
                if (isFence || isInBlock) "" else line
            }
        }
    }
}

/** The opening and the closing of a block. */
const val FENCE: String = "```"
