package dev.reprise.console.cli

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.model.SchemaException
import kotlinx.coroutines.runBlocking
import picocli.CommandLine.Command
import picocli.CommandLine.Mixin
import picocli.CommandLine.Model.CommandSpec
import picocli.CommandLine.Option
import picocli.CommandLine.Parameters
import picocli.CommandLine.Spec
import java.util.concurrent.Callable

@Command(
    name = "schema",
    description = ["Prints or checks the tables"],
    subcommands = [SchemaPrintCommand::class, SchemaCheckCommand::class],
)
internal class SchemaCommand : GroupCommand()

@Command(name = "print", description = ["Prints the scripts that create the tables, with the row of their version"])
internal class SchemaPrintCommand : Callable<Int> {
    @Spec
    lateinit var spec: CommandSpec

    @Parameters(paramLabel = "DATABASE", description = ["postgresql or sqlite"])
    var database: String = ""

    @Option(names = ["--prefix"], defaultValue = "reprise_", description = ["Starts the names of the tables. Default: reprise_"])
    var prefix: String = ""

    override fun call(): Int {
        if (database !in
            setOf("postgresql", "sqlite")
        ) {
            throw CliFailure(Exit.USAGE, "there are scripts for postgresql and sqlite, not for '$database'")
        }
        if (!NAME.matches(
                prefix,
            )
        ) {
            throw CliFailure(Exit.USAGE, "--prefix must be lower-case letters, digits and underscores, but was '$prefix'")
        }
        generateSequence(1) { it + 1 }.map(::script).takeWhile { it != null }.forEach { spec.commandLine().out.print(it) }
        return Exit.DONE
    }

    private fun script(number: Int): String? {
        val resource = JdbcCallStore::class.java.getResourceAsStream("/dev/reprise/queue/schema/$database/$number.sql") ?: return null
        return resource.use { it.readAllBytes().decodeToString() }.replace("{prefix}", prefix)
    }

    private companion object {
        val NAME = Regex("[a-z][a-z0-9_]{0,30}")
    }
}

@Command(name = "check", description = ["Checks that the tables are those of this version"])
internal class SchemaCheckCommand : Callable<Int> {
    @Spec
    lateinit var spec: CommandSpec

    @Mixin
    var connection: Connection = Connection()

    override fun call(): Int {
        try {
            connection.openDatabase().use { runBlocking { it.calls.open() } }
        } catch (e: SchemaException) {
            throw CliFailure(Exit.SCHEMA, e.message.orEmpty())
        }
        spec.commandLine().out.println("The tables fit.")
        return Exit.DONE
    }
}
