package dev.reprise.workflow.conformance

import dev.reprise.internal.workflow.plan.Plan

private val refusals =
    mapOf(
        "MissingDependencies" to "MISSING_INPUT",
        "AmbiguousDependency" to "AMBIGUOUS_PROVIDER",
        "DependencyFailure" to "CYCLE",
        "Duplicate" to "DUPLICATE_NAME",
    )

private val finalKeys = listOf("results", "revert_results", "values", "history")

/** Compares what was seen with what was recorded, as strictly as the case asks for. Returns the differences. */
internal class Comparison(
    private val compare: String,
    private val plan: Plan?,
) {
    private val differences = ArrayList<String>()

    fun of(
        recorded: Spec,
        seen: Observed,
    ): List<String> {
        val refusal = (recorded["build_error"] ?: recorded["validation_error"]) as String?
        when {
            refusal != null -> same("refusal", refusals[refusal], seen.values["refused"])
            "refused" in seen.values -> differences += "refused: ${seen.values["refused"]}"
            "reset" in recorded -> same("trace", normal(recorded["trace"].names()), normal(seen.values["trace"].names()))
            else -> run(recorded, seen)
        }
        return differences
    }

    private fun run(
        recorded: Spec,
        seen: Observed,
    ) {
        val crashed = recorded["crashed"] == true
        same("crashed", crashed, seen.values["crashed"] == true)
        val expected = normal(lines(recorded, seen.isResumed))
        val actual = normal(lines(seen.values, seen.isResumed))
        if (compare == "exact") same("trace", expected, actual)
        if (compare == "per_atom") traceByAtom(expected, actual)
        if (crashed) return
        if (compare == "exact") same("calls", calls(recorded), calls(seen.values))
        if (compare == "per_atom") callsByAtom(calls(recorded), calls(seen.values))
        end(recorded, seen.values)
    }

    private fun end(
        recorded: Spec,
        seen: Spec,
    ) {
        same("flow", recorded["flow"], seen["flow"])
        same("states", recorded["states"], seen["states"])
        finalKeys.forEach { same(it, unordered(it, recorded[it].spec()), unordered(it, seen[it].spec())) }
        same("causes", causes(recorded["raised"].spec()["causes"]), causes(seen["causes"]))
    }

    private fun unordered(
        key: String,
        values: Spec,
    ): Spec = if (key == "values") values.mapValues { (it.value as List<*>).map { value -> value.toJson() }.sorted() } else values

    private fun causes(all: Any?) = all.names().map { if (it.startsWith("engine error: ")) "engine error" else it }.sorted()

    /** While it resumes a run, another engine can report other states of the flow. */
    private fun lines(
        run: Spec,
        isResumed: Boolean,
    ): List<String> {
        val all = run["trace"].names()
        if (!isResumed) return all
        val last = all.indexOfLast { isFlow(it) }
        return all.filterIndexed { index, it -> !isFlow(it) || (index == last && run["crashed"] != true) }
    }

    private fun isFlow(line: String) = line.substringBefore(' ').endsWith(".f")

    /** Every unbroken run of PENDING, and of IGNORE, is sorted. */
    private fun normal(lines: List<String>): List<String> {
        val sorted = ArrayList<String>()
        val batch = ArrayList<String>()
        var state: String? = null
        for (line in lines) {
            val now = line.substringAfter(' ').takeIf { !isFlow(line) && (it == "PENDING" || it == "IGNORE") }
            if (now != state) sorted += batch.sorted().also { batch.clear() }
            state = now
            if (now == null) sorted += line else batch += line
        }
        return sorted + batch.sorted()
    }

    private fun traceByAtom(
        expected: List<String>,
        actual: List<String>,
    ) {
        (expected + actual).map(::atomOf).distinct().forEach { atom ->
            same("trace of $atom", expected.filter { atomOf(it) == atom }, actual.filter { atomOf(it) == atom })
        }
        for (atom in 0 until plan!!.size) {
            plan.after(atom).forEach { later ->
                traceOfPair(setOf(name(atom), name(later)), expected, actual)
            }
        }
    }

    private fun traceOfPair(
        pair: Set<String>,
        expected: List<String>,
        actual: List<String>,
    ) {
        fun lines(all: List<String>) =
            all.filter { line ->
                !isFlow(line) && atomOf(line).dropLast(2) in pair &&
                    line.substringAfter(' ').let { it != "PENDING" && it != "IGNORE" }
            }
        same("trace of $pair", lines(expected), lines(actual))
    }

    private fun name(atom: Int) = plan!!.atoms[atom].name

    private fun atomOf(line: String) = line.substringBefore(' ')

    private fun callsByAtom(
        expected: List<String>,
        actual: List<String>,
    ) {
        fun List<String>.by(function: String) = filter { it.startsWith("$function ") }
        (expected + actual).map { it.substringBefore(' ') }.distinct().forEach {
            if (it.endsWith(".on_failure")) {
                same("number of $it", expected.by(it).size, actual.by(it).size)
            } else {
                same("calls of $it", expected.by(it), actual.by(it))
            }
        }
    }

    private fun calls(run: Spec): List<String> = run["calls"].specs().map { "${it["call"]} ${(it - "call" - "flow_failures").toJson()}" }

    private fun same(
        what: String,
        expected: Any?,
        actual: Any?,
    ) {
        if (expected != actual) differences += "$what\n    recorded: $expected\n    seen:     $actual"
    }
}
