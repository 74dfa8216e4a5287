package dev.reprise.console.cli

import dev.reprise.console.internal.kit.Links
import picocli.CommandLine.Command
import picocli.CommandLine.Option
import picocli.CommandLine.Parameters

/** Pauses or resumes a lane. */
internal abstract class LaneCommand(
    private val isPaused: Boolean,
) : ApiCommand() {
    @Parameters(paramLabel = "LANE", description = ["The name of a lane"])
    var lane: String = ""

    @Option(names = ["--reason"], description = ["Why, for the audit"])
    var reason: String? = null

    override fun run(api: Api): Int {
        val answer = api.post("lanes", mapOf("lane" to lane, "isPaused" to isPaused, "reason" to reason))
        if (output.isJson) out.print(answer.text) else out.println("The lane $lane is ${if (isPaused) "paused" else "open"}.")
        return Exit.DONE
    }
}

@Command(name = "pause", description = ["Stops a lane in all processes"])
internal class PauseCommand : LaneCommand(isPaused = true)

@Command(name = "resume", description = ["Ends the pause of a lane"])
internal class ResumeCommand : LaneCommand(isPaused = false)

@Command(name = "runs", description = ["The runs of workflows"])
internal class RunsCommand : ApiCommand() {
    @Option(names = ["--state"], description = ["pending, running, success, reverted, failure or suspended"])
    var state: String? = null

    @Option(names = ["--workflow"], description = ["Runs of a workflow"])
    var workflow: String? = null

    @Option(names = ["--id"], description = ["Runs whose id begins so"])
    var id: String? = null

    @Option(names = ["--after"], paramLabel = "CURSOR", description = ["Where the page before ended"])
    var after: String? = null

    override fun run(api: Api): Int {
        val answer = api.get("runs", listOf("state" to state, "workflow" to workflow, "id" to id, "after" to after))
        val columns =
            listOf(
                CliColumn("RUN", "id"),
                CliColumn("WORKFLOW", "workflow"),
                CliColumn("STATE", "state"),
                CliColumn("OWNED", "isOwned"),
                CliColumn("CREATED", "createdAt"),
                CliColumn("CHANGED", "changedAt"),
            )
        return output.write(out, answer, answer.list("runs"), columns)
    }
}

@Command(name = "run", description = ["The tasks of a run"])
internal class RunCommand : ApiCommand() {
    @Parameters(paramLabel = "ID", description = ["The id of a run"])
    var id: String = ""

    @Option(names = ["--mermaid"], description = ["Write the run as a flowchart for Mermaid"])
    var isMermaid: Boolean = false

    override fun run(api: Api): Int {
        val answer = api.get("runs/" + Links.segment(id))
        if (isMermaid) return Exit.DONE.also { out.print(answer["mermaid"]) }
        val columns =
            listOf(
                CliColumn("TASK", "name"),
                CliColumn("STATE", "state"),
                CliColumn("EXECUTIONS", "executions"),
                CliColumn("ENDED", "endedAt"),
                CliColumn("FAILURE") { it["failure"] ?: it["revertFailure"] },
            )
        return output.write(out, answer, answer.list("tasks"), columns)
    }
}

@Command(name = "undo", description = ["Has a run of a durable workflow undone, by a worker that has it"])
internal class UndoCommand : ApiCommand() {
    @Parameters(paramLabel = "ID", description = ["The id of a run"])
    var id: String = ""

    @Option(names = ["--yes"], description = ["Do it; default: only check that it can be done"])
    var isSure: Boolean = false

    @Option(names = ["--reason"], required = true, description = ["Why"])
    var reason: String = ""

    override fun run(api: Api): Int {
        val answer = api.post("runs/" + Links.segment(id), mapOf("action" to "undo", "dryRun" to !isSure, "reason" to reason))
        when {
            output.isJson -> out.print(answer.text)
            isSure -> out.println("The undo of $id was enqueued.")
            else -> out.println("The run $id can be undone. To do it, add --yes.")
        }
        return Exit.DONE
    }
}
