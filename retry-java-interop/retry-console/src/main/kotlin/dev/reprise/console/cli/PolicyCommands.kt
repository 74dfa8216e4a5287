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
    description = ["Explains, simulates and draws a policy, and compares it with the one that was in force"],
    subcommands = [ExplainCommand::class, SimulateCommand::class, WhatIfCommand::class, DrawCommand::class],
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
    @Option(names = ["--width"], defaultValue = "720", description = ["In pixels. Default: 720"])
    var width: Int = 0

    @Option(names = ["--height"], defaultValue = "240", description = ["In pixels. Default: 240"])
    var height: Int = 0

    @Option(names = ["--linear"], description = ["Delays on a linear scale, whatever their range is"])
    var isLinear: Boolean = false

    override fun show(
        policy: RetryPolicy,
        out: PrintWriter,
    ) = out.print(PolicyDrawing.of(policy).toSvg(width, height, isLinear))
}

@Command(name = "what-if", description = ["What a policy would have done with a handler's latest failed calls; changes nothing"])
internal class WhatIfCommand : ApiCommand() {
    @Parameters(paramLabel = "NOTATION", description = ["For example 'exponential(1s) maxAttempts(5)'"])
    var notation: String = ""

    @Option(names = ["--handler"], required = true, description = ["The handler whose calls are compared"])
    var handler: String = ""

    @Option(names = ["--calls"], defaultValue = "50", description = ["How many calls, from 1 to 200. Default: 50"])
    var calls: Int = 0

    override fun run(api: Api): Int {
        val answer = api.get("what-if", listOf("handler" to handler, "notation" to notation, "calls" to calls))
        val columns = listOf(CliColumn("", "title"), CliColumn("WAS", "was"), CliColumn("WOULD HAVE BEEN", "wouldHaveBeen"))
        val number = answer.list("calls").size
        val code = output.write(out, answer, if (number == 0) emptyList() else answer.list("totals"), columns)
        if (number > 0 && !output.isJson && !output.isTsv) {
            out.println("Of $number calls. A range, where it is not known what an attempt would have met.")
        }
        return code
    }
}
