package dev.reprise.rooms

import java.io.File

// Reads the sources of a module and reports arrows between its packages that its table does not allow. Every module with rooms uses it.

/** A main source file. */
internal class Source(
    val path: String,
    val lines: List<String>,
)

private data class Arrow(
    val from: String,
    val to: String,
    val place: String,
)

/** The main sources of this module. */
internal fun mainSources(vararg folders: String): List<Source> =
    folders
        .flatMap { File(it).walk() }
        .filter { it.extension == "kt" || it.extension == "java" }
        .sorted()
        .map { Source(it.path, it.readLines()) }

/** Rooms with too many files, and files with too many lines. */
internal fun oversized(
    sources: List<Source>,
    maxFiles: Int = 25,
    maxLines: Int = 300,
): List<String> =
    sources
        .groupBy { it.path.substringBeforeLast('/') }
        .filterValues { it.size > maxFiles }
        .map { (room, files) -> "$room has ${files.size} files, more than $maxFiles" } +
        sources.filter { it.lines.size > maxLines }.map { "${it.path} has ${it.lines.size} lines, more than $maxLines" }

/** Files of public rooms that declare nothing public: the listing of such a room is its API, so they belong into a room under `internal`. */
internal fun hidden(sources: List<Source>): List<String> =
    sources
        .filter { source -> "internal" !in source.path.split('/') && codeOf(source.lines).none { it.startsWith("public ") } }
        .map { it.path.substringAfter("dev/reprise/") }

/**
 * What is wrong with the arrows between the packages: [allowed] lists them and which of the others each may use, [forbidden] the names that
 * must not occur in a package.
 */
internal fun faults(
    sources: List<Source>,
    allowed: Map<String, Set<String>>,
    forbidden: Map<String, List<String>> = emptyMap(),
): List<String> {
    val faults = mutableListOf<String>()
    val arrows = mutableListOf<Arrow>()
    for (source in sources) {
        val code = codeOf(source.lines)
        val at = code.indexOfFirst { it.startsWith("package ") }
        val home =
            code
                .getOrNull(at)
                ?.removePrefix("package ")
                ?.trim()
                ?.removeSuffix(";")
        if (home == null) {
            faults += "${source.path}:1: no package"
        } else if (home !in allowed) {
            faults += "${source.path}:${at + 1}: $home is not in the table of packages"
        } else {
            code.forEachIndexed { index, line ->
                val place = "${source.path}:${index + 1}"
                if (index != at) {
                    arrows += packagesIn(line, allowed.keys).filter { it != home }.map { Arrow(home, it, place) }
                    forbidden[home].orEmpty().filter { stands(it, line) }.forEach { faults += "$place: $home must not use $it" }
                }
            }
        }
    }
    arrows.filter { it.to !in allowed.getValue(it.from) }.mapTo(faults) { "${it.place}: ${it.from} must not use ${it.to}" }
    return faults + circles(arrows)
}

/** Each full name in the line counts for the longest package that it starts with. */
private fun packagesIn(
    line: String,
    known: Set<String>,
): List<String> =
    Regex("""(?<![\w.])[a-z]\w*(\.[\w*]+)+""")
        .findAll(line)
        .mapNotNull { name -> known.filter { "${name.value}.".startsWith("$it.") }.maxByOrNull { it.length } }
        .distinct()
        .toList()

private fun stands(
    name: String,
    line: String,
): Boolean = Regex("""(?<!\w)${Regex.escape(name)}(?!\w)""").containsMatchIn(line)

/** One cycle for each set of packages that form one, starting at the first of them by name. */
private fun circles(arrows: List<Arrow>): List<String> {
    val next = arrows.distinctBy { it.from to it.to }.groupBy { it.from }
    val found = linkedMapOf<Set<String>, String>()

    fun follow(path: List<Arrow>) {
        val start = path.first().from
        for (arrow in next[path.last().to].orEmpty()) {
            when {
                arrow.to == start -> {
                    val circle = path + arrow
                    found.putIfAbsent(
                        circle.map { it.from }.toSet(),
                        circle.joinToString("", prefix = "circle: $start") { " -> ${it.to} (${it.place})" },
                    )
                }

                arrow.to > start && path.none { it.from == arrow.to } -> {
                    follow(path + arrow)
                }
            }
        }
    }
    next
        .toSortedMap()
        .values
        .flatten()
        .forEach { if (it.to > it.from) follow(listOf(it)) }
    return found.values.toList()
}

/** The lines without comments and strings. A template's expression is removed with its string; none of ours contains an arrow. */
internal fun codeOf(lines: List<String>): List<String> {
    val skipped = Regex("\"\"\".*?\"\"\"|\"(\\\\.|[^\"\\\\\n])*\"|'(\\\\.|[^'\\\\\n])+'|//[^\n]*|/\\*.*?\\*/", RegexOption.DOT_MATCHES_ALL)
    return lines.joinToString("\n").replace(skipped) { found -> "\n".repeat(found.value.count { it == '\n' }) }.split("\n")
}
