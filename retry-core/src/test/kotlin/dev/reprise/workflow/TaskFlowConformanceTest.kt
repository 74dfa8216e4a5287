package dev.reprise.workflow

import dev.reprise.workflow.conformance.CaseRunner
import dev.reprise.workflow.conformance.Comparison
import dev.reprise.workflow.conformance.Spec
import dev.reprise.workflow.conformance.names
import dev.reprise.workflow.conformance.parse
import dev.reprise.workflow.conformance.spec
import dev.reprise.workflow.conformance.specs
import dev.reprise.workflow.conformance.text
import dev.reprise.workflow.model.InvalidWorkflowException
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.io.File
import kotlin.time.Duration.Companion.seconds

private const val MOST_SHOWN = 5

/**
 * Recorded runs of TaskFlow 6.2.0, run here and compared. Another folder with recordings of the same format:
 * `-Dreprise.conformance.dir=…`.
 */
class TaskFlowConformanceTest : FunSpec({
    for (file in recordings()) {
        test("${file.name}: every run equals TaskFlow's") {
            report(file.name, cases(file)) { differences(it, it.text("compare")) }
        }
    }

    test("where the order does not matter, a parallel engine ends the same way") {
        for (file in recordings()) {
            val cases = cases(file).filter { it["schedule"] == "any" && isFree(it) }
            report("${file.name} in parallel", cases) { differences(it, "final", parallelism = 3) }
        }
    }
})

/** A suspension or a crash at a certain event means another moment in another schedule. */
private fun isFree(case: Spec) = case["spec"].spec()["steps"].specs().none { "suspend_on" in it || "crash_on" in it }

private fun recordings(): List<File> {
    val folder = System.getProperty("reprise.conformance.dir") ?: "src/test/resources/taskflow-conformance"
    return File(folder).listFiles { file -> file.extension == "json" && file.name != "schema.json" }.orEmpty().sorted().ifEmpty {
        error("no recordings in $folder")
    }
}

private fun cases(file: File): List<Spec> = parse(file.readText()).spec()["cases"].specs()

private fun report(
    what: String,
    cases: List<Spec>,
    differences: (Spec) -> List<String>,
) {
    val failed = cases.associate { it.text("id") to differences(it) }.filterValues { it.isNotEmpty() }
    println("taskflow-conformance: ${cases.size - failed.size} of ${cases.size} cases passed ($what)")
    if (failed.isNotEmpty()) println("taskflow-conformance: not passed: ${failed.keys.joinToString(" ")}")
    val details =
        failed.entries
            .take(
                MOST_SHOWN,
            ).joinToString("\n") { (id, found) -> "$id: ${found.joinToString("\n  ", limit = MOST_SHOWN)}" }
    withClue(details) { failed.keys.shouldBeEmpty() }
}

private fun differences(
    case: Spec,
    compare: String,
    parallelism: Int? = null,
): List<String> {
    val runner = CaseRunner(case["spec"].spec(), parallelism)
    val runs =
        try {
            runBlocking { withTimeout(10.seconds) { runner.run() } }
        } catch (e: Exception) {
            return listOf("threw ${e.stackTraceToString()}")
        } catch (e: InvalidWorkflowException) {
            return listOf("refused: $e")
        }
    val recorded = case["runs"].specs()
    if (recorded.size != runs.size) return listOf("${recorded.size} runs were recorded, ${runs.size} seen")
    val plan = runCatching { runner.plan }.getOrNull()
    return recorded.zip(runs).flatMap { (then, now) -> Comparison(compare, plan).of(then, now) } + orders(case, runs.map { it.values })
}

private fun orders(
    case: Spec,
    runs: List<Spec>,
): List<String> {
    val lines = runs.flatMap { it["trace"].names() }
    return case["checks"]
        .specs()
        .map { it["order"].names() }
        .filter { order -> lines.filter { it in order } != order }
        .map { "order: $it" }
}
