package dev.reprise.samples.readme

private const val LABEL = "<!-- sample:"
private const val BEGIN = "// readme:begin"
private const val END = "// readme:end"

/** What a piece of code is known by: its name, and the language it is told in. */
data class Key(
    val name: String,
    val language: String,
) {
    override fun toString(): String = "$name ($language)"
}

/** A piece of a sample between `// readme:begin name` and `// readme:end`, without its indentation. */
data class Region(
    val key: Key,
    val code: String,
)

/** A fenced block of the README with its label, `<!-- sample: name -->`, in the line above its opening fence. */
data class Block(
    /** The indices of the lines with its fences. */
    val fence: Int,
    val end: Int,
    val name: String?,
    val language: String,
    val code: String,
) {
    val key: Key? get() = name?.let { Key(it, language) }
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

/** The blocks of a README that are in [languages]. */
fun blocksOf(
    readme: String,
    languages: Set<String> = setOf("kotlin", "java"),
): List<Block> {
    val lines = readme.lines()
    val blocks = ArrayList<Block>()
    var line = 0
    while (line < lines.size) {
        if (lines[line].startsWith("```")) {
            val language = lines[line].removePrefix("```").trim()
            val end = (line + 1 until lines.size).firstOrNull { lines[it] == "```" } ?: error("the block in line ${line + 1} has no end")
            val label = lines.getOrElse(line - 1) { "" }.trim()
            val name = if (label.startsWith(LABEL)) label.removePrefix(LABEL).removeSuffix("-->").trim() else null
            if (language in languages) blocks += Block(line, end, name, language, lines.subList(line + 1, end).joinToString("\n"))
            line = end
        }
        line++
    }
    return blocks
}

/** What is wrong between a README and the samples, a sentence each; nothing if every block is a region and every region a block. */
fun complaints(
    readme: String,
    regions: List<Region>,
): List<String> {
    val blocks = blocksOf(readme)
    val byKey = regions.associateBy { it.key }
    val twice = regions.groupBy { it.key }.filterValues { it.size > 1 }.keys
    val shown = blocks.mapNotNull { it.key }.toSet()
    return twice.map { "$it is the name of two regions" } +
        blocks.mapNotNull { it.complaint(byKey) } +
        (byKey.keys - shown).map { "region $it is not shown in the README" }
}

private fun Block.complaint(regions: Map<Key, Region>): String? {
    val where = "README line ${fence + 1}"
    val key = key ?: return "$where: a $language block without a label; write $LABEL name --> above it"
    val region = regions[key] ?: return "$where: no sample has a region $key"
    return if (code == region.code) null else "$where: $key differs from its sample; -Dreadme.update=true renews it"
}

/** [readme] with every labelled block replaced by its region. */
fun renewed(
    readme: String,
    regions: List<Region>,
): String {
    val byKey = regions.associateBy { it.key }
    val lines = readme.lines().toMutableList()
    for (block in blocksOf(readme).asReversed()) {
        val region = byKey[block.key] ?: continue
        val old = lines.subList(block.fence + 1, block.end)
        old.clear()
        old.addAll(region.code.lines())
    }
    return lines.joinToString("\n")
}
