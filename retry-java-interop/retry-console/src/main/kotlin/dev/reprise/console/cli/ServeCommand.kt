package dev.reprise.console.cli

import dev.reprise.console.Console
import dev.reprise.console.ConsoleServer
import dev.reprise.console.model.Stage
import picocli.CommandLine.Command
import picocli.CommandLine.Mixin
import picocli.CommandLine.Model.CommandSpec
import picocli.CommandLine.Option
import picocli.CommandLine.Spec
import java.io.IOException
import java.util.concurrent.Callable
import java.util.concurrent.CountDownLatch

@Command(name = "serve", description = ["Starts the console on loopback, until it is interrupted"])
internal class ServeCommand : Callable<Int> {
    @Spec
    lateinit var spec: CommandSpec

    @Mixin
    var connection: Connection = Connection()

    @Option(names = ["--port"], defaultValue = "8170", description = ["0 for any that is free. Default: 8170"])
    var port: Int = 0

    @Option(names = ["--title"], defaultValue = "reprise", description = ["The name of the service"])
    var title: String = ""

    @Option(names = ["--stage"], defaultValue = "DEVELOPMENT", description = ["DEVELOPMENT, TEST or PRODUCTION"])
    var stage: Stage = Stage.DEVELOPMENT

    override fun call(): Int =
        connection.openDatabase().use { stores ->
            val (name, where) = title to stage
            val console =
                Console(stores.calls) {
                    title = name
                    stage = where
                    workflows(stores.workflows)
                }
            ConsoleServer(console, port).use { serve(it) }
        }

    private fun serve(server: ConsoleServer): Int {
        val address =
            try {
                server.start()
            } catch (e: IOException) {
                throw CliFailure(Exit.UNREACHABLE, "cannot listen at port $port: ${e.message}")
            }
        spec.commandLine().out.println("Open $address")
        spec.commandLine().out.flush()
        CountDownLatch(1).await()
        return Exit.DONE
    }
}
