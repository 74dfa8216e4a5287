package dev.reprise

import dev.reprise.rooms.Source
import dev.reprise.rooms.codeOf
import dev.reprise.rooms.hidden
import dev.reprise.rooms.mainSources
import dev.reprise.rooms.oversized
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe

private const val ROOT = "dev.reprise"

private const val INTERNAL = "$ROOT.internal"

private val valuesOfCalls = setOf(ROOT, "$ROOT.policy", "$ROOT.run", "$INTERNAL.policy", "$INTERNAL.util")
private val valuesOfQueues =
    valuesOfCalls +
        setOf("$ROOT.queue.model", "$ROOT.queue.event", "$ROOT.queue.operate", "$ROOT.queue.spi", "$INTERNAL.jdbc")
private val valuesOfWorkflows =
    valuesOfCalls + setOf("$ROOT.workflow.model", "$ROOT.workflow.operate", "$ROOT.workflow.spi", "$INTERNAL.jdbc")

/** The rooms of this module, and which of the others each may use. */
private val allowedArrows =
    mapOf(
        ROOT to setOf("$ROOT.policy", "$ROOT.run", "$INTERNAL.policy", "$INTERNAL.engine", "$INTERNAL.util"),
        "$ROOT.http" to setOf(ROOT, "$ROOT.policy", "$ROOT.run", "$ROOT.queue.model", "$INTERNAL.policy", "$INTERNAL.util"),
        "$ROOT.jfr" to setOf("$ROOT.policy", "$ROOT.run", "$ROOT.queue.event", "$INTERNAL.jfr"),
        "$INTERNAL.jfr" to emptySet(),
        "$ROOT.failures" to setOf("$ROOT.policy", "$INTERNAL.policy"),
        "$ROOT.policy" to setOf("$INTERNAL.util"),
        "$ROOT.run" to setOf("$ROOT.policy", "$INTERNAL.util"),
        "$INTERNAL.util" to emptySet(),
        "$INTERNAL.policy" to setOf("$ROOT.policy", "$INTERNAL.util"),
        "$INTERNAL.engine" to setOf("$ROOT.run", "$ROOT.policy", "$INTERNAL.policy", "$INTERNAL.util"),
        "$INTERNAL.jdbc" to setOf("$INTERNAL.util"),
        "$ROOT.queue" to
            valuesOfQueues +
            setOf(
                "$INTERNAL.queue",
                "$INTERNAL.queue.events",
                "$INTERNAL.queue.worker",
                "$INTERNAL.queue.operate",
                "$INTERNAL.queue.jdbc",
                "$INTERNAL.queue.jdbc.operate",
            ),
        "$ROOT.queue.model" to setOf(ROOT, "$ROOT.policy", "$INTERNAL.util"),
        "$ROOT.queue.event" to setOf("$ROOT.queue.model"),
        // What becomes of the run of a durable workflow is a word of workflows.
        "$ROOT.queue.operate" to setOf(ROOT, "$ROOT.policy", "$ROOT.queue.model", "$ROOT.workflow.model", "$INTERNAL.util"),
        "$ROOT.queue.spi" to setOf("$ROOT.policy", "$ROOT.queue.model", "$ROOT.queue.operate", "$INTERNAL.util"),
        "$INTERNAL.queue.events" to setOf("$ROOT.queue.event", "$ROOT.queue.model", "$ROOT.queue.spi", "$INTERNAL.util"),
        "$INTERNAL.queue" to
            setOf(
                ROOT,
                "$ROOT.policy",
                "$INTERNAL.policy",
                "$ROOT.queue.event",
                "$ROOT.queue.model",
                "$ROOT.queue.spi",
                "$INTERNAL.queue.events",
                "$INTERNAL.util",
            ),
        "$INTERNAL.queue.worker" to
            valuesOfCalls +
            setOf(
                "$ROOT.queue.event",
                "$ROOT.queue.model",
                "$ROOT.queue.spi",
                "$INTERNAL.queue",
                "$INTERNAL.queue.events",
                "$INTERNAL.queue.operate",
            ),
        "$INTERNAL.queue.jdbc" to setOf("$INTERNAL.jdbc", "$ROOT.queue.model", "$ROOT.queue.spi", "$INTERNAL.util"),
        // What operators see and do; the stores have it as `operations`.
        "$INTERNAL.queue.operate" to valuesOfQueues - "$INTERNAL.jdbc" + "$INTERNAL.queue",
        "$INTERNAL.queue.jdbc.operate" to valuesOfQueues + setOf("$INTERNAL.queue", "$INTERNAL.queue.operate", "$INTERNAL.queue.jdbc"),
        // Where a workflow runs as a durable call: the only place where queue and workflow meet.
        "$ROOT.workflow" to
            valuesOfWorkflows +
            setOf(
                "$INTERNAL.workflow.text",
                "$INTERNAL.workflow.plan",
                "$INTERNAL.workflow.engine",
                "$INTERNAL.workflow.jdbc",
                "$INTERNAL.workflow.calls",
                "$ROOT.queue",
                "$ROOT.queue.model",
                "$ROOT.queue.operate",
            ),
        "$ROOT.workflow.model" to setOf(ROOT, "$ROOT.policy", "$INTERNAL.util"),
        // A workflow as lines of text and as drawings.
        "$INTERNAL.workflow.text" to setOf("$ROOT.workflow.model"),
        "$ROOT.workflow.operate" to setOf("$ROOT.workflow.model", "$INTERNAL.workflow.text", "$INTERNAL.util"),
        "$ROOT.workflow.spi" to setOf("$ROOT.policy", "$ROOT.workflow.model", "$ROOT.workflow.operate", "$INTERNAL.util"),
        "$INTERNAL.workflow.plan" to
            setOf("$ROOT.workflow.model", "$ROOT.workflow.spi", "$INTERNAL.workflow.text", "$INTERNAL.util"),
        "$INTERNAL.workflow.engine" to
            setOf("$INTERNAL.workflow.plan", "$ROOT.workflow.model", "$ROOT.workflow.spi", "$ROOT.run", "$INTERNAL.util"),
        "$INTERNAL.workflow.jdbc" to
            setOf(
                "$INTERNAL.jdbc",
                "$INTERNAL.workflow.text",
                "$ROOT.policy",
                "$ROOT.workflow.model",
                "$ROOT.workflow.operate",
                "$ROOT.workflow.spi",
                "$INTERNAL.util",
            ),
        // What the runs of durable workflows share with their calls.
        "$INTERNAL.workflow.calls" to
            setOf("$ROOT.queue.model", "$ROOT.queue.operate", "$ROOT.workflow.model", "$ROOT.workflow.operate", "$ROOT.workflow.spi"),
    )

private val wallClocks = listOf("System.currentTimeMillis", "Instant.now", "Clock.System", "java.util.Date", "LocalDateTime.now")

/** What keeps a package pure: names that its code must not contain. */
private val forbiddenNames =
    mapOf(
        "$ROOT.policy" to listOf("kotlinx.coroutines", "java.io", "java.sql", "System.nanoTime") + wallClocks,
        "$ROOT.failures" to listOf("kotlinx.coroutines", "java.io", "java.sql", "System.nanoTime") + wallClocks,
        "$INTERNAL.policy" to listOf("kotlinx.coroutines", "java.io", "java.sql", "System.nanoTime") + wallClocks,
        // A wall clock that jumps changes nothing for a run.
        "$INTERNAL.engine" to wallClocks,
    )

class RoomsTest : FunSpec({
    test("the packages of this module depend on each other one way only") {
        val sources = mainSources("src/main/kotlin")

        sources.shouldNotBeEmpty()
        faults(sources).shouldBeEmpty()
    }

    test("no room has more than 25 files, no file more than 300 lines") {
        oversized(mainSources("src/main/kotlin")).shouldBeEmpty()
        val files = List(3) { Source("a/F$it.kt", List(it) { "" }) }
        oversized(files, maxFiles = 2, maxLines = 1) shouldContainExactly
            listOf("a has 3 files, more than 2", "a/F2.kt has 2 lines, more than 1")
    }

    test("every file of a public room declares something public, except six that its public types are built on") {
        hidden(mainSources("src/main/kotlin")) shouldContainExactly
            listOf(
                "run/SystemTimer.kt",
                "workflow/model/Atom.kt",
                "workflow/model/GraphLinks.kt",
                "workflow/model/JsonValues.kt",
                "workflow/spi/StoredFailures.kt",
                "workflow/spi/StoredValues.kt",
            )
        hidden(
            listOf(
                Source("dev/reprise/run/Open.kt", listOf("@Anything", "public class Open {", "    internal val x = 1")),
                Source("dev/reprise/run/Closed.kt", listOf("// public", "internal class Closed {", "    public val x = 1")),
                Source("dev/reprise/internal/util/Logs.kt", listOf("internal object Logs")),
            ),
        ) shouldContainExactly listOf("run/Closed.kt")
    }

    test("an arrow that points up is reported with file and line") {
        faults(
            Source("policy/Backoff.kt", listOf("package dev.reprise.policy", "", "import dev.reprise.internal.engine.Loop")),
            Source("queue/Lane.kt", listOf("package dev.reprise.queue.spi", "", "", "import dev.reprise.internal.queue.jdbc.*")),
            Source("workflow/Task.kt", listOf("package dev.reprise.workflow.spi", "import dev.reprise.retry as again")),
        ) shouldContainExactly
            listOf(
                "policy/Backoff.kt:3: dev.reprise.policy must not use dev.reprise.internal.engine",
                "queue/Lane.kt:4: dev.reprise.queue.spi must not use dev.reprise.internal.queue.jdbc",
                "workflow/Task.kt:2: dev.reprise.workflow.spi must not use dev.reprise",
            )
    }

    test("a full name in the code is an arrow like an import") {
        faults(
            Source("engine/Loop.kt", listOf("package dev.reprise.internal.engine", "val lane = dev.reprise.queue.Lane()")),
        ) shouldContainExactly listOf("engine/Loop.kt:2: dev.reprise.internal.engine must not use dev.reprise.queue")
    }

    test("a cycle is reported with the lines that close it, whatever the table allows") {
        val table = mapOf("a" to setOf("b"), "b" to setOf("c"), "c" to setOf("a"), "d" to setOf("a"))
        val sources =
            listOf(
                Source("A.kt", listOf("package a", "import b.B")),
                Source("B.kt", listOf("package b", "import c.C")),
                Source("C.kt", listOf("package c", "", "import a.A")),
                Source("D.kt", listOf("package d", "import a.A")),
            )

        faults(sources, table, forbidden = emptyMap()) shouldContainExactly
            listOf("circle: a -> b (A.kt:2) -> c (B.kt:2) -> a (C.kt:3)")
    }

    test("what policy must not know is reported, by import and in the code") {
        val lines =
            listOf(
                "package dev.reprise.policy",
                "import kotlinx.coroutines.delay",
                "import java.io.IOException",
                "val now = System.nanoTime()",
                "val then = java.lang.System.currentTimeMillis()",
                "import javax.sql.DataSource",
            )

        faults(Source("P.kt", lines)) shouldContainExactly
            listOf(
                "P.kt:2: dev.reprise.policy must not use kotlinx.coroutines",
                "P.kt:3: dev.reprise.policy must not use java.io",
                "P.kt:4: dev.reprise.policy must not use System.nanoTime",
                "P.kt:5: dev.reprise.policy must not use System.currentTimeMillis",
            )
        faults(Source("J.kt", listOf("package dev.reprise.internal.jdbc") + lines.drop(1))).shouldBeEmpty()
    }

    test("a wall clock in the engine is reported: a run measures time on a clock that does not jump") {
        val lines =
            listOf(
                "package dev.reprise.internal.engine",
                "val now = System.nanoTime()",
                "val then = java.lang.System.currentTimeMillis()",
                "val instant = Instant.now()",
                "val same = kotlin.time.Clock.System.now()",
            )

        faults(Source("E.kt", lines)) shouldContainExactly
            listOf(
                "E.kt:3: dev.reprise.internal.engine must not use System.currentTimeMillis",
                "E.kt:4: dev.reprise.internal.engine must not use Instant.now",
                "E.kt:5: dev.reprise.internal.engine must not use Clock.System",
            )
    }

    test("comments and strings are ignored, arrows down are allowed, and a package can use itself") {
        faults(
            Source(
                "policy/Backoff.kt",
                listOf(
                    "package dev.reprise.policy",
                    "import dev.reprise.policy.Jitter",
                    "/** Used by [dev.reprise.internal.engine.Loop], ",
                    " * as import dev.reprise.internal.engine.Loop shows. */",
                    "val text = \"dev.reprise.queue\" // java.io and dev.reprise.internal.jdbc",
                ),
            ),
            Source("engine/Loop.kt", listOf("package dev.reprise.internal.engine", "import dev.reprise.internal.policy.Backoff")),
        ).shouldBeEmpty()
    }

    test("an unknown package is reported, and so is a file without a package") {
        faults(
            Source("stats/Sum.kt", listOf("package dev.reprise.stats")),
            Source("Loose.kt", listOf("val x = 1")),
        ) shouldContainExactly
            listOf(
                "stats/Sum.kt:1: dev.reprise.stats is not in the table of packages",
                "Loose.kt:1: no package",
            )
    }

    test("comments and strings are removed from code") {
        codeOf(listOf("a /* b", "c */ d // e", "\"/*\" f", "'\"' g \"h\\\"i\" j")) shouldBe listOf("a ", " d ", " f", " g  j")
    }
})

private fun faults(vararg sources: Source): List<String> = faults(sources.toList())

private fun faults(
    sources: List<Source>,
    allowed: Map<String, Set<String>> = allowedArrows,
    forbidden: Map<String, List<String>> = forbiddenNames,
): List<String> = dev.reprise.rooms.faults(sources, allowed, forbidden)
