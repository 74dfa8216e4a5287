package dev.reprise.console.cli

import dev.reprise.queue.model.SchemaException
import dev.reprise.queue.model.StoreUnavailableException
import picocli.CommandLine
import picocli.CommandLine.Command
import picocli.CommandLine.Model.CommandSpec
import picocli.CommandLine.ScopeType
import picocli.CommandLine.Spec
import java.util.concurrent.Callable
import java.util.logging.Level
import java.util.logging.Logger
import kotlin.system.exitProcess

/** A command that only has subcommands. */
internal abstract class GroupCommand : Callable<Int> {
    @Spec
    lateinit var spec: CommandSpec

    override fun call(): Int {
        spec.commandLine().usage(spec.commandLine().err)
        return Exit.USAGE
    }
}

@Command(
    name = "reprise",
    description = ["Looks at durable calls and workflows, and acts on them.", ""],
    footer = [
        "",
        "Exit codes: 0 done, 1 nothing fits, 2 usage, 3 not reachable or no access, 4 some calls were skipped, 5 the tables do not fit.",
    ],
    subcommands = [
        CountsCommand::class, ListCommand::class, GroupsCommand::class, ShowCommand::class, WhyCommand::class, ErrorsCommand::class,
        WorkersCommand::class, LanesCommand::class, AuditCommand::class, RetryNowCommand::class, RescheduleCommand::class,
        SpreadCommand::class,
        CancelCommand::class, ReplayCommand::class, DiscardCommand::class, ChangePolicyCommand::class,
        PauseCommand::class, ResumeCommand::class,
        RunsCommand::class, RunCommand::class, UndoCommand::class, PolicyCommand::class, SchemaCommand::class, ServeCommand::class,
    ],
)
internal class RootCommand : GroupCommand() {
    @CommandLine.Option(names = ["-h", "--help"], usageHelp = true, scope = ScopeType.INHERIT, description = ["Shows this help"])
    var isHelp: Boolean = false
}

/** Runs a command; returns the exit code. */
internal fun execute(
    command: CommandLine,
    arguments: Array<String>,
): Int =
    command
        .setExecutionExceptionHandler { failure, line, _ ->
            line.err.println(failure.message ?: failure.toString())
            when (failure) {
                is CliFailure -> failure.code
                is SchemaException -> Exit.SCHEMA
                is StoreUnavailableException -> Exit.UNREACHABLE
                is IllegalArgumentException -> Exit.USAGE
                else -> Exit.UNREACHABLE
            }
        }.execute(*arguments)

/** A command writes what it did, so the log of operators would say it again. A field, because loggers are held weakly. */
private val logger: Logger = Logger.getLogger("dev.reprise")

/** The command line. */
public fun main(arguments: Array<String>) {
    logger.level = Level.WARNING
    // The subcommands share the writers of the root, so that nothing of what they wrote is left in a buffer at the end.
    val root = CommandLine(RootCommand()).run { setOut(out).setErr(err) }
    val code = execute(root, arguments)
    root.out.flush()
    root.err.flush()
    exitProcess(code)
}
