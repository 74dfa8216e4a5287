package dev.reprise.console.cli

import dev.reprise.RetryPolicy
import dev.reprise.console.draw.PolicyDrawing
import dev.reprise.policy.RetryPolicyParseException
import picocli.CommandLine.Command
import picocli.CommandLine.Model.CommandSpec
import picocli.CommandLine.Option
import picocli.CommandLine.Parameters
import picocli.CommandLine.Spec
import java.io.PrintWriter
import java.util.concurrent.Callable

@Command(
    name = "policy",
    description = ["Explains, simulates and draws a policy"],
    subcommands = [ExplainCommand::class, SimulateCommand::class, DrawCommand::class],
)
internal class PolicyCommand : GroupCommand()

/** A command that reads a policy and needs no store. */
internal abstract class NotationCommand : Callable<Int> {
    @Spec
    lateinit var spec: CommandSpec

    @Parameters(paramLabel = "NOTATION", description = ["For example 'exponential(1s) maxAttempts(5)'"])
    var notation: String = ""

    override fun call(): Int {
        val policy =
            try {
                RetryPolicy.parse(notation)
            } catch (e: RetryPolicyParseException) {
                throw CliFailure(Exit.USAGE, e.message.orEmpty())
            }
        show(policy, spec.commandLine().out)
        return Exit.DONE
    }

    protected abstract fun show(
        policy: RetryPolicy,
        out: PrintWriter,
    )
}

@Command(name = "explain", description = ["Describes a policy in words, with probable mistakes"])
internal class ExplainCommand : NotationCommand() {
    override fun show(
        policy: RetryPolicy,
        out: PrintWriter,
    ) = out.println(policy.explain())
}

@Command(name = "simulate", description = ["Lists the delays of a run in which every attempt fails"])
internal class SimulateCommand : NotationCommand() {
    @Option(names = ["--seed"], defaultValue = "0", description = ["Draws the jitter. Default: 0"])
    var seed: Long = 0

    @Option(names = ["--retries"], defaultValue = "100", description = ["At most so many. Default: 100"])
    var retries: Int = 0

    override fun show(
        policy: RetryPolicy,
        out: PrintWriter,
    ) = out.println(policy.simulate(seed, retries))
}

@Command(name = "draw", description = ["Writes the delays of a policy as SVG"])
internal class DrawCommand : NotationCommand() {
    override fun show(
        policy: RetryPolicy,
        out: PrintWriter,
    ) = out.print(PolicyDrawing.of(policy).toSvg())
}
