package dev.reprise.interop

import dev.reprise.rooms.Source
import dev.reprise.rooms.codeOf
import dev.reprise.rooms.faults
import dev.reprise.rooms.mainSources
import dev.reprise.rooms.oversized
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeLessThanOrEqual

private const val CORE = "dev.reprise"
private const val FACADE = "$CORE.interop"

private val core =
    setOf(
        "",
        ".policy",
        ".run",
        ".queue",
        ".queue.event",
        ".queue.model",
        ".queue.spi",
        ".workflow",
        ".workflow.model",
        ".workflow.spi",
    ).map {
        CORE +
            it
    }

/** The rooms of the facade, and which of the others each may use. Nothing here uses an internal of the core. */
private val allowedArrows =
    core.associateWith { emptySet<String>() } +
        mapOf(
            "$CORE.internal" to emptySet(),
            FACADE to setOf("$FACADE.function", "$FACADE.internal") + core,
            "$FACADE.function" to core.toSet(),
            "$FACADE.testing" to core.toSet(),
            "$FACADE.internal" to setOf("$FACADE.function", "$FACADE.testing") + core,
            "$FACADE.workflow" to setOf("$FACADE.function", "$FACADE.testing", "$FACADE.internal") + core,
            // Where a workflow runs as a durable call.
            "$FACADE.queue" to setOf("$FACADE.function", "$FACADE.testing", "$FACADE.internal", "$FACADE.workflow") + core,
        )

/** The files that check what only the facade has: the annotation, its proxy and the clock of tests. */
private val ownChecks = Regex("(RetryProxy|RetryInterceptor|RetryWith.*|ProxyCalls|MethodCall|RecoveryFinder|VirtualTime)\\.java")

private val forbiddenThrow = Regex("""\b(IllegalArgumentException\(|require\s*\(|requireNotNull\s*\()""")

/** The facade adapts threads, futures and checked exceptions; it decides nothing. */
class RoomsTest : FunSpec({
    val sources = mainSources("src/main/java", "src/main/kotlin")

    test("the packages of the facade depend on each other one way only, and on no internal of the core") {
        sources.shouldNotBeEmpty()
        faults(sources, allowedArrows).shouldBeEmpty()
    }

    test("no room has more than 25 files, no file more than 300 lines, and all together at most 6500 lines") {
        oversized(sources).shouldBeEmpty()
        sources.sumOf { it.lines.size } shouldBeLessThanOrEqual 6_500
    }

    test("arguments are checked in the core: the facade rejects only its own annotation, proxy and clock") {
        ownRejections(sources).shouldBeEmpty()
        ownRejections(
            listOf(
                Source("queue/QueueRunner.java", listOf("", "throw new IllegalArgumentException(text);")),
                Source("internal/Runs.kt", listOf("require(n > 0) { \"IllegalArgumentException(\" }")),
                Source("RetryProxy.java", listOf("throw new IllegalArgumentException(text);")),
            ),
        ) shouldContainExactly listOf("queue/QueueRunner.java:2", "internal/Runs.kt:1")
    }
})

private fun ownRejections(sources: List<Source>): List<String> =
    sources.filterNot { ownChecks.matches(it.path.substringAfterLast('/')) }.flatMap { source ->
        codeOf(source.lines).withIndex().filter { forbiddenThrow.containsMatchIn(it.value) }.map { "${source.path}:${it.index + 1}" }
    }
