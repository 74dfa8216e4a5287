package dev.reprise

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import java.io.File
import java.lang.reflect.Modifier

private val publishedFunction = Regex("""@PublishedApi\s+internal (?:\w+ )*fun (?:<[^>]*> )?(\w+)""")
private val inlineFunction = Regex("""public (?:\w+ )*inline (?:\w+ )*fun (?:<[^(]*> )?(?:\w+\.)?(\w+)""")

private val DUMP = setOf(RegexOption.MULTILINE, RegexOption.DOT_MATCHES_ALL)
private val STABILITY = listOf("**Stable.**", "**Preview.**", "**SPI.**")

private val ROOMS =
    arrayOf("", "failures", "http", "jfr", "policy", "run", "queue", "queue/event", "queue/model", "queue/spi", "workflow", "workflow/model", "workflow/spi")

/** What callers compile into their own jars, and what a type promises by being public: it cannot change after a release. */
class PublicSurfaceTest : FunSpec({
    val sources = File("src/main/kotlin").walk().filter { it.extension == "kt" }.associate { it.name to it.readText() }

    test("only these internal functions are called from inlined code") {
        namesIn(sources, publishedFunction) shouldContainExactly
            listOf(
                "Key.kt: of",
                "PolicyOptions.kt: retryAfterResult",
                "Retry.kt: begin",
                "Retry.kt: failed",
                "RuleOptions.kt: on",
                "RuleOptions.kt: onResult",
                "RuleOptions.kt: unless",
            )
    }

    test("only these functions are inlined into callers") {
        namesIn(sources, inlineFunction) shouldContainExactly
            listOf(
                "ControllerHistory.kt: causedBy",
                "Key.kt: key",
                "PolicyOptions.kt: retryAfterResult",
                "Retry.kt: invoke",
                "RetryFunctions.kt: retry",
                "RetryFunctions.kt: retry",
                "RuleOptions.kt: on",
                "RuleOptions.kt: onResult",
                "RuleOptions.kt: unless",
                "TaskScope.kt: causedBy",
            )
    }

    test("no public type is a data class: it can then gain a property") {
        publicMethods(*ROOMS).filter { (_, name) -> name.matches(Regex("component\\d+")) }.shouldBeEmpty()
    }

    test("the documentation of every public package says how stable it is") {
        val documented =
            Regex("""^# Package (\S+)$(.*?)(?=^# |\z)""", DUMP)
                .findAll(File("src/main/dokka/packages.md").readText())
                .associate { it.groupValues[1] to it.groupValues[2] }

        documented.keys shouldContainExactlyInAnyOrder publicPackages()
        documented.filterValues { text -> STABILITY.none { it in text } }.keys.shouldBeEmpty()
    }

    test("Java sees no mangled name of a value") {
        val types =
            Regex("""^public [^\n]*?(?:class|interface) dev/reprise/(failures|http|policy|run|queue/model|workflow/model)/\S+.*?^}""", DUMP)
        val lines = types.findAll(File("api/retry-core.api").readText()).flatMap { it.value.lines() }

        lines.filter { "synthetic" !in it && Regex(""" fun \w+-""") in it }.toList().shouldBeEmpty()
    }
})

/** The packages of the types in the API dump. */
private fun publicPackages(): Set<String> =
    Regex("""^public .*?(?:class|interface) (\S+)/\w""", RegexOption.MULTILINE)
        .findAll(File("api/retry-core.api").readText())
        .map { it.groupValues[1].replace('/', '.') }
        .toSet()

private fun namesIn(
    sources: Map<String, String>,
    declaration: Regex,
): List<String> = sources.flatMap { (file, text) -> declaration.findAll(text).map { "$file: ${it.groupValues[1]}" } }.sorted()

/** Class and name of the public methods of the public classes in [rooms] that a Java compiler sees. */
private fun publicMethods(vararg rooms: String): List<Pair<String, String>> {
    val classes =
        File(
            Retry::class.java.protectionDomain.codeSource.location
                .toURI(),
        )
    return rooms
        .flatMap { File(classes, "dev/reprise/$it").listFiles().orEmpty().filter { file -> file.extension == "class" } }
        .map {
            Class.forName(
                it
                    .relativeTo(classes)
                    .path
                    .removeSuffix(".class")
                    .replace('/', '.'),
                false,
                Retry::class.java.classLoader,
            )
        }.filter { Modifier.isPublic(it.modifiers) && !it.isSynthetic }
        .flatMap { type -> type.declaredMethods.filter { Modifier.isPublic(it.modifiers) && !it.isSynthetic }.map { type.name to it.name } }
}
