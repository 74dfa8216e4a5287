package dev.reprise.console.cli

import dev.reprise.console.internal.kit.Links
import picocli.CommandLine.Command
import picocli.CommandLine.Mixin
import picocli.CommandLine.Option
import picocli.CommandLine.Parameters

@Command(name = "counts", description = ["Calls by handler and state"])
internal class CountsCommand : ApiCommand() {
    override fun run(api: Api): Int {
        val answer = api.get("counts")
        return output.write(
            out,
            answer,
            answer.list("counts"),
            listOf(CliColumn("HANDLER", "handler"), CliColumn("STATE", "state"), CliColumn("CALLS", "calls")),
        )
    }
}

@Command(name = "list", description = ["Calls that fit a filter"])
internal class ListCommand : ApiCommand() {
    @Mixin
    var filter: FilterOptions = FilterOptions()

    @Option(names = ["--order"], description = ["oldest, newest or due"])
    var order: String? = null

    @Option(names = ["--limit"], defaultValue = "50", description = ["From 1 to 500. Default: 50"])
    var limit: Int = 0

    @Option(names = ["--after"], paramLabel = "CURSOR", description = ["Where the page before ended"])
    var after: String? = null

    override fun run(api: Api): Int {
        val answer = api.get("calls", filter.parameters() + listOf("order" to order, "limit" to limit, "after" to after))
        return output.write(out, answer, answer.list("calls"), CALLS)
    }

    private companion object {
        val CALLS =
            listOf(
                CliColumn("CID", "cid"),
                CliColumn("HANDLER", "handler"),
                CliColumn("STATE", "state"),
                CliColumn("ATTEMPTS", "attempts"),
                CliColumn("DUE OR ENDED") { it["endedAt"] ?: it["dueAt"] },
                CliColumn("LAST ERROR", "errorType"),
                CliColumn("TITLE", "title"),
            )
    }
}

@Command(name = "groups", description = ["Calls that are alike; dead ones unless a state is set"])
internal class GroupsCommand : ApiCommand() {
    @Mixin
    var filter: FilterOptions = FilterOptions()

    @Option(names = ["--by"], split = ",", description = ["handler, error-type, handler-version, dead-reason. Default: the first three"])
    var by: List<String> = emptyList()

    override fun run(api: Api): Int {
        val answer = api.get("groups", filter.parameters() + listOf("by" to by.joinToString(",").ifEmpty { null }))
        val columns =
            listOf(
                CliColumn("CALLS") { "${it["count"]}" + if (it["isExact"] == true) "" else "+" },
                CliColumn("HANDLER", "handler"),
                CliColumn("ERROR TYPE", "errorType"),
                CliColumn("VERSION", "handlerVersion"),
                CliColumn("REASON", "deadReason"),
                CliColumn("OLDEST", "oldest"),
                CliColumn("NEWEST", "newest"),
                CliColumn("SAMPLE", "sampleCid"),
            )
        return output.write(out, answer, answer.list("groups"), columns)
    }
}

/** A command about one call. */
internal abstract class OneCallCommand : ApiCommand() {
    @Parameters(paramLabel = "CID", description = ["The id of a call"])
    var cid: String = ""

    override fun run(api: Api): Int {
        val answer = api.get("calls/" + Links.segment(cid))
        if (output.isJson) out.print(answer.text) else show(answer)
        return Exit.DONE
    }

    protected abstract fun show(answer: Answer)
}

@Command(name = "show", description = ["All about a call"])
internal class ShowCommand : OneCallCommand() {
    override fun show(answer: Answer) {
        out.println("why  ${(answer["why"] as Map<*, *>)["text"]}")
        val call = (answer["call"] as Map<*, *>).filterValues { it != null && it != emptyList<Any>() && it != emptyMap<Any, Any>() }
        val width = call.keys.maxOf { it.toString().length }
        call.forEach { (name, value) -> out.println("${name.toString().padEnd(width)}  $value") }
    }
}

@Command(name = "why", description = ["Why a call is where it is"])
internal class WhyCommand : OneCallCommand() {
    override fun show(answer: Answer) {
        val why = answer["why"] as Map<*, *>
        out.println(if (output.isTsv) "${why["reason"]}\t${why["text"]}" else why["text"])
    }
}

@Command(name = "errors", description = ["The failures of a call"])
internal class ErrorsCommand : OneCallCommand() {
    @Option(names = ["--trace"], description = ["With the stack traces that are kept"])
    var hasTraces: Boolean = false

    override fun show(answer: Answer) {
        val errors = answer.list("errors")
        if (errors.isEmpty()) out.println("No attempt failed.")
        errors.forEach { error ->
            out.println("${error["at"]}  attempt ${error["attempt"]}  ${error["type"]}: ${error["message"]}")
            (error["causes"] as List<*>).forEach { out.println("    caused by $it") }
            if (hasTraces) error["trace"]?.let { out.println(it.toString().prependIndent("    ")) }
        }
    }
}

@Command(name = "workers", description = ["The workers with their leases"])
internal class WorkersCommand : ApiCommand() {
    override fun run(api: Api): Int {
        val answer = api.get("workers")
        val columns =
            listOf(
                CliColumn("WORKER", "name"),
                CliColumn("NONCE", "nonce"),
                CliColumn("HOST", "host"),
                CliColumn("PID", "pid"),
                CliColumn("APPLICATION", "applicationVersion"),
                CliColumn("REPRISE", "version"),
                CliColumn("LEASE") { if (it["isValid"] == true) "valid" else "over" },
                CliColumn("IN FLIGHT", "inFlight"),
                CliColumn("HUNG", "hung"),
                CliColumn("HANDLERS") { worker -> (worker["handlers"] as List<*>).map { (it as Map<*, *>)["name"] } },
            )
        return output.write(out, answer, answer.list("workers"), columns)
    }
}

@Command(name = "lanes", description = ["The lanes, and which are paused"])
internal class LanesCommand : ApiCommand() {
    override fun run(api: Api): Int {
        val answer = api.get("lanes")
        val columns =
            listOf(
                CliColumn("LANE", "name"),
                CliColumn("STATE") { if (it["isPaused"] == true) "paused" else "open" },
                CliColumn("SINCE", "pausedAt"),
                CliColumn("BY", "pausedBy"),
                CliColumn("WORKERS", "workers"),
                CliColumn("CONCURRENCY", "concurrency"),
                CliColumn("HANDLERS", "handlers"),
            )
        return output.write(out, answer, answer.list("lanes"), columns)
    }
}

@Command(name = "audit", description = ["What operators did, the newest first"])
internal class AuditCommand : ApiCommand() {
    @Option(names = ["--limit"], defaultValue = "50", description = ["From 1 to 500. Default: 50"])
    var limit: Int = 0

    @Option(names = ["--after"], paramLabel = "CURSOR", description = ["Where the page before ended"])
    var after: String? = null

    override fun run(api: Api): Int {
        val answer = api.get("audit", listOf("limit" to limit, "after" to after))
        val columns =
            listOf(
                CliColumn("AT", "at"),
                CliColumn("WHO", "actor"),
                CliColumn("VIA", "via"),
                CliColumn("WHAT", "action"),
                CliColumn("TO", "query"),
                CliColumn("CHANGED") { "${it["changed"]} of ${it["matched"]}" },
                CliColumn("STATE", "state"),
                CliColumn("REASON", "reason"),
            )
        return output.write(out, answer, answer.list("entries"), columns)
    }
}
