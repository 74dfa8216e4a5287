package dev.reprise.samples.docs

/** How long a page may be. */
data class Limit(
    val lines: Int,
    val bytes: Int = Int.MAX_VALUE,
)

/** Sections a page can have without a table of contents. */
private const val SECTIONS_WITHOUT_CONTENTS = 3

/**
 * The links of [pages] that lead nowhere, a sentence each. [exists] returns whether the project has a file or folder at a path.
 * Addresses of other sites are not followed.
 */
fun brokenLinks(
    pages: List<Page>,
    exists: (String) -> Boolean,
): List<String> {
    val byPath = pages.associateBy { it.path }
    return pages.flatMap { page ->
        page.links
            .filterNot { (_, target) -> ':' in target }
            .mapNotNull { (line, target) -> page.brokenLink(target, byPath, exists)?.let { "${page.path} line $line: $it" } }
    }
}

private fun Page.brokenLink(
    target: String,
    pages: Map<String, Page>,
    exists: (String) -> Boolean,
): String? {
    val file = target.substringBefore('#')
    val anchor = target.substringAfter('#', "")
    val path = if (file.isEmpty()) path else resolve(path.substringBeforeLast('/', ""), file)
    return when {
        !exists(path) -> "the link $target leads to $path, which does not exist"
        anchor.isEmpty() -> null
        anchor in pages[path]?.anchors.orEmpty() -> null
        else -> "the link $target needs a heading \"$anchor\" in $path"
    }
}

/** [relative] as seen from [folder], without `..`. */
private fun resolve(
    folder: String,
    relative: String,
): String {
    val parts = ArrayList(folder.split('/').filter { it.isNotEmpty() })
    for (part in relative.split('/')) {
        when (part) {
            "", "." -> Unit
            ".." -> parts.removeLastOrNull()
            else -> parts += part
        }
    }
    return parts.joinToString("/")
}

/** The pages that exceed their [limit], a sentence each. */
fun tooLong(
    pages: List<Page>,
    limit: (Page) -> Limit,
): List<String> =
    pages.flatMap { page ->
        val (maxLines, maxBytes) = limit(page)
        val lines = page.text
            .removeSuffix("\n")
            .lines()
            .size
        val bytes = page.text.toByteArray().size
        listOfNotNull(
            "${page.path} has $lines lines, at most $maxLines are allowed".takeIf { lines > maxLines },
            "${page.path} has $bytes bytes, at most $maxBytes are allowed".takeIf { bytes > maxBytes },
        )
    }

/** The sections that are missing in the table of contents of their page, a sentence each. Pages of up to three sections need none. */
fun missingContents(pages: List<Page>): List<String> =
    pages.filter { it.sections.size > SECTIONS_WITHOUT_CONTENTS }.flatMap { page ->
        val listed = page.links.map { it.second }.toSet()
        page.sections.filterNot { "#${Page.slugOf(it)}" in listed }.map { "${page.path}: the section \"$it\" is missing in the contents" }
    }
