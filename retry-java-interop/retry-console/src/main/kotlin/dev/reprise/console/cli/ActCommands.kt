package dev.reprise.console.cli

import dev.reprise.console.internal.kit.Json
import picocli.CommandLine.Command
import picocli.CommandLine.Mixin
import picocli.CommandLine.Option
import picocli.CommandLine.Parameters
import java.io.PrintWriter

/** A command that changes calls: without `--yes` it only says what it would do. */
internal abstract class ActCommand(
    private val action: String,
) : ApiCommand() {
    @Parameters(arity = "0..*", paramLabel = "CID", description = ["The ids of calls, or a filter"])
    var cids: List<String> = emptyList()

    @Mixin
    var filter: FilterOptions = FilterOptions()

    @Option(names = ["--all"], description = ["All calls that the action can change, without any filter"])
    var isAll: Boolean = false

    @Option(names = ["--yes"], description = ["Do it; default: show what it would do"])
    var isSure: Boolean = false

    @Option(names = ["--reason"], description = ["Why, for the audit"])
    var reason: String? = null

    @Option(names = ["--limit"], defaultValue = "100000", description = ["At most so many calls. Default: 100000"])
    var limit: Int = 0

    /** The parameters of the action. */
    protected open fun parameters(): Map<String, Any?> = emptyMap()

    /** True if the action spreads calls over a time, which it can only do with all of them at once. */
    protected open val isSpread: Boolean get() = false

    override fun run(api: Api): Int {
        val plan = api.post("act", body(limit, dryRun = true, after = null))
        if (plan.number("matched") == 0) return report(plan, Exit.NOT_FOUND)
        if (!isSure) return report(plan, Exit.DONE).also { if (!output.isJson) out.println("Nothing was changed. To do it, add --yes.") }
        return act(api, minOf(plan.number("matched"), limit))
    }

    /** In steps, so that there is progress to show. */
    private fun act(
        api: Api,
        expected: Int,
    ): Int {
        val progress = Progress(spec.commandLine().err, expected)
        var total = Total()
        var after: Any? = null
        do {
            val step = api.post("act", body(if (isSpread) limit else minOf(STEP, limit - total.matched), dryRun = false, after))
            total += step
            progress.show(total.matched)
            after = step["next"]
        } while (after != null && total.matched < limit && !isSpread)
        progress.end()
        total.write(out, output.isJson)
        return if (total.skipped.isEmpty()) Exit.DONE else Exit.SKIPPED
    }

    private fun body(
        limit: Int,
        dryRun: Boolean,
        after: Any?,
    ): Map<String, Any?> =
        mapOf(
            "action" to action,
            "filter" to filterOf(),
            "all" to isAll,
            "dryRun" to dryRun,
            "reason" to reason,
            "limit" to limit,
            "after" to after,
        ) +
            parameters()

    private fun filterOf(): Map<String, Any?> {
        val values = (filter.parameters() + ("cid" to cids)).toMap()
        return values.filterValues { it != null && it != emptyList<String>() }
    }

    private fun report(
        plan: Answer,
        code: Int,
    ): Int {
        if (output.isJson) {
            out.print(plan.text)
        } else {
            out.println("$action would change ${plan.number("changed")} of ${plan.number("matched")} calls.")
            (plan["skipped"] as Map<*, *>).forEach { (why, number) -> out.println("  skipped $number: $why") }
            (plan["keyHolders"] as Map<*, *>).forEach { (cid, holder) -> out.println("  the unique key of $cid belongs to $holder") }
            sample(plan)
        }
        return code
    }

    private fun sample(plan: Answer) {
        val cids = (plan["sample"] as List<*>).take(SHOWN)
        cids.forEach { out.println("  $it") }
        val more = plan.number("changed") - cids.size
        if (more > 0) out.println("  and $more more")
    }

    private companion object {
        const val STEP = 2_000
        const val SHOWN = 3
    }
}

internal fun Answer.number(name: String): Int = (this[name] as Number).toInt()

/** What the steps of an action did together. */
internal class Total(
    val matched: Int = 0,
    private val changed: Int = 0,
    val skipped: Map<String, Int> = emptyMap(),
    private val audits: List<String> = emptyList(),
) {
    operator fun plus(step: Answer): Total {
        val more = (step["skipped"] as Map<*, *>).entries.associate { it.key.toString() to (it.value as Number).toInt() }
        val all = (skipped.keys + more.keys).associateWith { (skipped[it] ?: 0) + (more[it] ?: 0) }
        return Total(
            matched + step.number("matched"),
            changed + step.number("changed"),
            all,
            audits + listOfNotNull(step["auditId"]?.toString()),
        )
    }

    fun write(
        out: PrintWriter,
        isJson: Boolean,
    ) {
        if (isJson) {
            out.print(Json.write(mapOf("matched" to matched, "changed" to changed, "skipped" to skipped, "auditIds" to audits)))
        } else {
            out.println("Changed $changed of $matched calls.")
            skipped.forEach { (why, number) -> out.println("  skipped $number: $why") }
        }
    }
}

@Command(name = "retry-now", description = ["Makes waiting calls due at once"])
internal class RetryNowCommand : ActCommand("retry-now")

@Command(name = "reschedule", description = ["Makes waiting calls due at another time"])
internal class RescheduleCommand : ActCommand("reschedule") {
    @Option(names = ["--at"], required = true, paramLabel = "TIME", description = ["In UTC: 2026-11-28T10:00"])
    var at: String = ""

    override fun parameters() = mapOf("at" to at)
}

@Command(name = "spread", description = ["Makes waiting calls due evenly over a time"])
internal class SpreadCommand : ActCommand("spread") {
    @Option(names = ["--over"], required = true, paramLabel = "DURATION", description = ["For example 10m or 1h30m"])
    var over: String = ""

    override val isSpread: Boolean get() = true

    override fun parameters() = mapOf("over" to over)
}

@Command(name = "cancel", description = ["Cancels calls that have not ended"])
internal class CancelCommand : ActCommand("cancel") {
    @Option(names = ["--on-end"], paramLabel = "undo|keep", description = ["What becomes of workflows; default: as each was enqueued"])
    var onEnd: String? = null

    override fun parameters() = mapOf("onEnd" to onEnd)
}

@Command(name = "replay", description = ["Makes dead calls ready again"])
internal class ReplayCommand : ActCommand("replay") {
    @Option(names = ["--rate"], paramLabel = "N/s", description = ["So many per second; default: all at once"])
    var rate: String? = null

    @Option(names = ["--reset"], description = ["Rejected workflows start over; default: they are skipped"])
    var isReset: Boolean = false

    override val isSpread: Boolean get() = rate != null

    override fun parameters() = mapOf("rate" to rate, "reset" to isReset)
}

@Command(name = "discard", description = ["Deletes calls that have ended"])
internal class DiscardCommand : ActCommand("discard")

@Command(name = "change-policy", description = ["Gives waiting calls another policy"])
internal class ChangePolicyCommand : ActCommand("change-policy") {
    @Option(names = ["--notation"], required = true, description = ["The policy, for example 'exponential(1s) maxAttempts(20)'"])
    var notation: String = ""

    override fun parameters() = mapOf("notation" to notation)
}
