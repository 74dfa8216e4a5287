package dev.reprise.console.cli

import picocli.CommandLine.Mixin
import picocli.CommandLine.Model.CommandSpec
import picocli.CommandLine.Spec
import java.io.PrintWriter
import java.util.concurrent.Callable

/** A command that asks a store or a console. */
internal abstract class ApiCommand : Callable<Int> {
    @Spec
    lateinit var spec: CommandSpec

    @Mixin
    var connection: Connection = Connection()

    @Mixin
    var output: Output = Output()

    val out: PrintWriter get() = spec.commandLine().out

    override fun call(): Int = connection.open().use { run(it) }

    /** Returns the exit code. */
    protected abstract fun run(api: Api): Int
}
