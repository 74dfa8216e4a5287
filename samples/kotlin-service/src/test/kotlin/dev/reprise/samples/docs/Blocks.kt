package dev.reprise.samples.docs

private const val LABEL = "<!-- sample:"
private const val BEGIN = "// docs:begin"
private const val END = "// docs:end"

/** The label of a block that shows code of another library: no sample has it. */
private const val OTHER_LIBRARY = "<!-- other library -->"

/** The name and the language of a piece of code. */
data class Key(
    val name: String,
    val language: String,
) {
    override fun toString(): String = "$name ($language)"
}

/** A piece of a sample between `docs:begin name` and `docs:end`, without its indentation. */
data class Region(
    val key: Key,
    val code: String,
)

/** A fenced block of a page, with its label in the line above its opening fence: `<!-- sample: name -->`. */
data class Block(
    /** The indices of the lines with its fences. */
    val fence: Int,
    val end: Int,
    val label: String,
    val language: String,
    val code: String,
) {
    val isOfOtherLibrary: Boolean get() = label == OTHER_LIBRARY
    val key: Key? get() = if (label.startsWith(LABEL)) Key(label.removePrefix(LABEL).removeSuffix("-->").trim(), language) else null
}

/** The marked regions of a source file. */
fun regionsOf(
    fileName: String,
    source: String,
): List<Region> {
    val language = if (fileName.endsWith(".kt")) "kotlin" else "java"
    val lines = source.lines()
    val begins = lines.indices.filter { lines[it].trim().startsWith(BEGIN) }
    val ends = lines.indices.filter { lines[it].trim() == END }
    require(begins.size == ends.size && begins.zip(ends).all { (a, b) -> a < b } && ends.zip(begins.drop(1)).all { (a, b) -> a < b }) {
        "$fileName: each $BEGIN needs its own $END after it"
    }
    return begins.zip(ends) { begin, end ->
        val name = lines[begin].trim().removePrefix(BEGIN).trim()
        Region(
            Key(name, language),
            lines
                .subList(begin + 1, end)
                .joinToString("\n")
                .trimIndent()
                .trim('\n'),
        )
    }
}

/** The blocks of [page] that are in [languages]. */
fun blocksOf(
    page: String,
    languages: Set<String> = setOf("kotlin", "java"),
): List<Block> {
    val lines = page.lines()
    val blocks = ArrayList<Block>()
    var line = 0
    while (line < lines.size) {
        if (lines[line].startsWith(FENCE)) {
            val language = lines[line].removePrefix(FENCE).trim()
            val end = (line + 1 until lines.size).firstOrNull { lines[it] == FENCE } ?: error("the block in line ${line + 1} has no end")
            val label = lines.getOrElse(line - 1) { "" }.trim()
            if (language in languages) blocks += Block(line, end, label, language, lines.subList(line + 1, end).joinToString("\n"))
            line = end
        }
        line++
    }
    return blocks
}

/** The differences between [pages] and the samples, a sentence each: every block has to be a region, and every region a block. */
fun differences(
    pages: List<Page>,
    regions: List<Region>,
): List<String> {
    val byKey = regions.associateBy { it.key }
    val twice = regions.groupBy { it.key }.filterValues { it.size > 1 }.keys
    val blocks = pages.flatMap { page -> blocksOf(page.text).map { page to it } }
    val shown = blocks.mapNotNull { (_, block) -> block.key }.toSet()
    return twice.map { "two regions are named $it" } +
        blocks.mapNotNull { (page, block) -> block.difference(byKey)?.let { "${page.path} line ${block.fence + 1}: $it" } } +
        (byKey.keys - shown).map { "no page shows the region $it" }
}

private fun Block.difference(regions: Map<Key, Region>): String? {
    if (isOfOtherLibrary) return null
    val key = key ?: return "a $language block without a label; write $LABEL name --> above it"
    val region = regions[key] ?: return "no sample has a region $key"
    return if (code == region.code) null else "$key differs from its sample; run with -Ddocs.update=true to renew it"
}

/** [page] with every labelled block replaced by its region. */
fun renewed(
    page: String,
    regions: List<Region>,
): String {
    val byKey = regions.associateBy { it.key }
    val lines = page.lines().toMutableList()
    for (block in blocksOf(page).asReversed()) {
        val region = byKey[block.key] ?: continue
        val old = lines.subList(block.fence + 1, block.end)
        old.clear()
        old.addAll(region.code.lines())
    }
    return lines.joinToString("\n")
}
