package dev.reprise.internal.policy

import dev.reprise.internal.util.durationOf
import dev.reprise.policy.Jitter
import dev.reprise.policy.Rethrow
import dev.reprise.policy.RetryPolicyParseException
import kotlin.time.Duration

/** A call that the notation knows: its [name], the names of its [parameters], and the setting that it applies. */
internal class NotationForm<in S>(
    val name: String,
    vararg val parameters: String,
    val apply: S.(PolicyArguments) -> Unit,
)

private val scheduleForms: List<NotationForm<ScheduleSpec>> =
    listOf(
        NotationForm("every", "delay") { every(it.duration("delay")) },
        NotationForm("uniform", "min", "max") { uniform(it.duration("min"), it.duration("max")) },
        NotationForm("exponential", "base", "factor", "max") {
            exponential(it.duration("base"), it.number("factor", 2.0), it.duration("max", Duration.INFINITE))
        },
        NotationForm("linear", "base", "step", "max") {
            linear(it.duration("base"), it.duration("step", it.duration("base")), it.duration("max", Duration.INFINITE))
        },
        NotationForm("fibonacci", "base", "max") { fibonacci(it.duration("base"), it.duration("max", Duration.INFINITE)) },
        NotationForm("jitter", "kind") { jitter(it) },
    )

/** `jitter(full)`, `jitter(0.5)` or `jitter(100ms)`. */
private fun ScheduleSpec.jitter(arguments: PolicyArguments) {
    val word = arguments.word("kind")
    // A duration first: `1d` is a day, and for Java also a number.
    durationOf(word)?.let { return jitter(it) }
    word.toDoubleOrNull()?.let { return jitter(it) }
    jitter(arguments.oneOf("kind", Jitter.entries, or = ", a factor such as 0.5, or a duration such as 100ms"))
}

private val policyForms: List<NotationForm<PolicySpec>> =
    scheduleForms.map { form -> NotationForm<PolicySpec>(form.name, *form.parameters) { form.apply(schedule, it) } } +
        listOf(
            NotationForm("initialDelay", "delay") { initialDelay(it.duration("delay")) },
            NotationForm("maxAttempts", "calls") { maxAttempts(it.count("calls")) },
            NotationForm("maxRetries", "calls") { maxRetries(it.count("calls")) },
            NotationForm("maxDuration", "time", "cancel") { maxDuration(it.duration("time"), it.flag("cancel", default = true)) },
            NotationForm("maxRetryAfter", "time") { maxRetryAfter(it.duration("time")) },
            NotationForm("attemptTimeout", "time") { attemptTimeout(it.duration("time")) },
            NotationForm("forever") { forever() },
            NotationForm("on", "type", "inCauses", "schedule") { arguments ->
                val schedule = arguments.calls("schedule")?.let { ScheduleSpec().apply { read(it) } }
                val table = arguments.table("type")
                val inCauses = arguments.flag("inCauses")
                require(table == null || !inCauses) { "on(${table?.word}) judges causes too; remove inCauses" }
                if (table != null) on(table, schedule) else on(arguments.failureClass("type"), inCauses, null, schedule)
            },
            NotationForm("unless", "type", "inCauses") { unless(it.failureClass("type"), it.flag("inCauses"), null) },
            NotationForm("rethrow", "which") { rethrow(it.oneOf("which", Rethrow.entries)) },
            NotationForm("returnLastResult") { returnLastResult() },
        )

/** Applies [calls] to the schedule of a rule. */
private fun ScheduleSpec.read(calls: List<NotationCall>): Unit = calls.forEach { apply(it, scheduleForms, this) }

/** Applies [calls] to a policy. */
internal fun PolicySpec.read(calls: List<NotationCall>): Unit = calls.forEach { apply(it, policyForms, schedule) }

private fun <S> S.apply(
    call: NotationCall,
    forms: List<NotationForm<S>>,
    schedule: ScheduleSpec,
) {
    call.checked {
        // The one call with any number of arguments.
        if (call.name == "delays") return@checked schedule.delays(call.arguments.orEmpty().map { it.unnamed().duration() })
        val form = forms.find { it.name == call.name } ?: call.fail("no call is named '${call.name}'; there are ${namesOf(forms)}")
        form.apply(this, PolicyArguments(call, form.parameters.asList()))
    }
}

internal fun policyCalls(): String = namesOf(policyForms)

private fun namesOf(forms: List<NotationForm<*>>): String = (forms.map { it.name } + "delays").sorted().joinToString()

/** Runs a check of the builder; a failure is reported with the place of this call. */
internal inline fun <T> NotationCall.checked(check: () -> T): T =
    try {
        check()
    } catch (e: RetryPolicyParseException) {
        throw e
    } catch (e: IllegalArgumentException) {
        source.fail(position, e.message.orEmpty(), e)
    }
