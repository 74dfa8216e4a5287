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
        Phrase("""\b(goes|gone|went) on\b|\b(to|not|cannot|can|it) go on\b""", "continues"),
        Phrase("""\bg(ive|ives|iven|ave|iving) back\b""", "returns, releases"),
        Phrase("""\b(is|are|was|were|be|been) asked\b""", "called, queried"),
        Phrase("""\bhears?\b|\bheard\b""", "receives, is notified"),
        Phrase("""\bwho (is|was|waits|asks|hears|comes|wakes|no longer)\b""", "the caller that …, a worker that …"),
        Phrase("""\bin the midst of\b""", "in the middle of, during"),
        Phrase("""\bof (its|their) own accord\b""", "itself"),
        Phrase("""\ball the same\b""", "nevertheless"),
        Phrase("""\bthe (first|last one) included\b""", "including the first"),
        Phrase("""\bleaves (unchanged|as itself)\b""", "is thrown unchanged"),
        Phrase("""\bbrings? (it|them) up to date\b""", "updates"),
        Phrase("""\bseldom\b""", "rarely, advanced"),
        Phrase("""\bin vain\b""", "without success"),
    )

/** Comments, messages, names of tests and pages read as plain technical English. */
class WordsTest : FunSpec({
    val root = generateSequence(File("").absoluteFile) { it.parentFile }.first { File(it, "README.md").exists() }

    test("no comment, message, name of a test or page uses a phrase that reads as translated") {
        val files =
            listOf("retry-core", "retry-java-interop", "samples", "README.md")
                .flatMap { File(root, it).walk().onEnter { folder -> folder.name != "target" } }
                .filter { it.extension == "md" || ("/src/" in it.path && it.extension in setOf("kt", "java")) }
                .filter { it.name != "WordsTest.kt" }

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

    test("in a test, comments, sentences and names of methods are checked, and short strings and code are not") {
        val code =
            """
            // Waits for ever.
            @Test void aRunThatIsToldToStop() { queue.enqueue("nobody"); }
            val told = "one two ${'$'}{begun.cid}"
            test("a policy that is mended by hand")
            """.trimIndent()

        found("src/test/A.java", code) shouldContainExactly
            listOf(
                "src/test/A.java:1: \"for ever\": write indefinitely, without limit",
                "src/test/A.java:2: \"Is Told\": write notified, set, configured",
                "src/test/A.java:4: \"mended\": write fixes",
            )
    }

    test("a page is checked as a whole, except its code") {
        found("guide.md", "It lasts for ever.\n```kotlin\nval begun = 1\n```\n") shouldContainExactly
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
    val prose =
        when {
            path.endsWith(".md") -> text.replace(fence) { "\n".repeat(it.value.count('\n'::equals)) }
            "src/test/" in path -> proseOf(text.replace(method) { "/*${it.groupValues[1].replace(hump, " ")}*/" }, ::isSentence)
            else -> proseOf(text) { true }
        }
    return prose.lines().flatMapIndexed { index, line ->
        phrases.flatMap { phrase -> phrase.regex.findAll(line).map { "$path:${index + 1}: \"${it.value}\": write ${phrase.instead}" } }
    }
}

private val fence = Regex("(?s)^```.*?^```$", RegexOption.MULTILINE)
private val prose = Regex("(?s)\"\"\".*?\"\"\"|\"(\\\\.|[^\"\\\\\n])*\"|'(\\\\.|[^'\\\\\n])+'|//[^\n]*|/\\*.*?\\*/")

private val template = Regex("""\$\{[^}]*}""")

/** The name of a test in Java. */
private val method = Regex("""\bvoid (\w+)(?=\(\))""")
private val hump = Regex("(?=[A-Z])")

/** True for a comment, and for a string of four words or more: shorter ones are data of a test. */
private fun isSentence(prose: String): Boolean = prose.startsWith('/') || prose.trim('"').split(' ').size > 3

/** Comments, and strings that are [prose][isProse], each on its line. */
private fun proseOf(
    code: String,
    isProse: (String) -> Boolean,
): String {
    val kept = StringBuilder()
    var end = 0
    for (match in prose.findAll(code)) {
        kept.append("\n".repeat(code.substring(end, match.range.first).count('\n'::equals))).append(' ')
        kept.append(if (isProse(match.value)) match.value.replace(template, "") else "\n".repeat(match.value.count('\n'::equals)))
        end = match.range.last + 1
    }
    return kept.toString()
}
