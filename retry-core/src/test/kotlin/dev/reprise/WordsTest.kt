package dev.reprise

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import java.io.File

/** Phrases that read as translated, each with what to write instead. */
private val phrases =
    listOf(
        Phrase("""\b(is|are|was|were|been|be) told\b|\btold (of|by|that|to)\b""", "notified, set, configured"),
        Phrase("""\btells? (a|the|its|every|each|all) (listener|caller|callback)s?\b""", "notifies"),
        Phrase("""\bfor ever\b""", "indefinitely, without limit"),
        Phrase("""\bfar end\b""", "the remote service, the server"),
        Phrase("""\bmends?\b|\bmended\b""", "fixes"),
        Phrase("""\bin the place of\b""", "instead of"),
        Phrase("""\b(is|are|was|were|been|be|not) begun\b|\bbegun\b""", "started"),
        Phrase("""\bhow manieth\b""", "1-based number"),
        Phrase("""\bof one's own\b""", "custom"),
        Phrase("""\bin (his|her|its|their|our) hands?\b|\bin hand\b""", "in flight, claimed"),
        Phrase("""\b(is|are|was|were|been) put away\b|\bcleared away\b|\bclears? away\b""", "deleted, purged"),
        Phrase("""\banew\b""", "again"),
        Phrase("""\bwhoever\b|\bsomebody\b|\bnobody\b""", "the caller, another process"),
        Phrase("""\bpassed over\b""", "skipped"),
        Phrase("""\ba line of decisions\b""", "a session"),
        Phrase("""\bmay (take|know|do) yet\b""", "can still"),
        Phrase("""\bas it was told\b|\bas told\b""", "as configured"),
        Phrase("""\bwhose cancellation it is\b""", "it depends on who cancelled"),
    )

/** Comments, messages and pages read as plain technical English. */
class WordsTest : FunSpec({
    val root = generateSequence(File("").absoluteFile) { it.parentFile }.first { File(it, "README.md").exists() }

    test("no comment, message or page uses a phrase that reads as translated") {
        val files =
            listOf("retry-core", "retry-java-interop", "samples", "README.md")
                .flatMap { File(root, it).walk().onEnter { folder -> folder.name != "target" } }
                .filter { it.extension == "md" || ("/src/main/" in it.path && it.extension in setOf("kt", "java")) }

        files.shouldNotBeEmpty()
        files.sorted().flatMap { found(it.relativeTo(root).path, it.readText()) }.shouldBeEmpty()
    }

    test("a phrase is found in comments and strings of code, with its line and what to write instead") {
        val code = "/** Waits for ever. */\nval nobody = 1 // mends it\nval text = \"begun\"\n"

        found("A.kt", code) shouldContainExactly
            listOf(
                "A.kt:1: \"for ever\": write indefinitely, without limit",
                "A.kt:2: \"mends\": write fixes",
                "A.kt:3: \"begun\": write started",
            )
    }

    test("a page is checked as a whole, except its code") {
        found("guide.md", "It goes on for ever.\n```kotlin\nval begun = 1\n```\n") shouldContainExactly
            listOf("guide.md:1: \"for ever\": write indefinitely, without limit")
    }
})

private class Phrase(
    pattern: String,
    val instead: String,
) {
    val regex = Regex(pattern, RegexOption.IGNORE_CASE)
}

private fun found(
    path: String,
    text: String,
): List<String> {
    val prose = if (path.endsWith(".md")) text.replace(fence) { "\n".repeat(it.value.count('\n'::equals)) } else proseOf(text)
    return prose.lines().flatMapIndexed { index, line ->
        phrases.flatMap { phrase -> phrase.regex.findAll(line).map { "$path:${index + 1}: \"${it.value}\": write ${phrase.instead}" } }
    }
}

private val fence = Regex("(?s)^```.*?^```$", RegexOption.MULTILINE)
private val prose = Regex("(?s)\"\"\".*?\"\"\"|\"(\\\\.|[^\"\\\\\n])*\"|'(\\\\.|[^'\\\\\n])+'|//[^\n]*|/\\*.*?\\*/")

/** Comments and strings, each on its line. */
private fun proseOf(code: String): String {
    val kept = StringBuilder()
    var end = 0
    for (match in prose.findAll(code)) {
        kept.append("\n".repeat(code.substring(end, match.range.first).count('\n'::equals))).append(' ').append(match.value)
        end = match.range.last + 1
    }
    return kept.toString()
}
