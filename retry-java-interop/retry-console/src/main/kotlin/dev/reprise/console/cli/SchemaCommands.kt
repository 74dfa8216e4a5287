package dev.reprise.console.cli

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.model.SchemaException
import dev.reprise.workflow.operate.RunQuery
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

@Command(name = "print", description = ["Prints what creates the tables of calls and workflows, with the rows of their versions"])
internal class SchemaPrintCommand : Callable<Int> {
    @Spec
    lateinit var spec: CommandSpec

    @Parameters(paramLabel = "DATABASE", description = ["postgresql or sqlite"])
    var database: String = ""

    @Option(names = ["--prefix"], defaultValue = "reprise_", description = ["Starts the names of the tables. Default: reprise_"])
    var prefix: String = ""

    override fun call(): Int {
        if (database !in DATABASES) throw CliFailure(Exit.USAGE, "there are scripts for postgresql and sqlite, not for '$database'")
        if (!NAME.matches(prefix)) {
            throw CliFailure(
                Exit.USAGE,
                "--prefix must be a lower-case letter, then at most 20 lower-case letters, digits and underscores, but was '$prefix'",
            )
        }
        print("queue", prefix)
        print("workflow", "${prefix}workflow_")
        return Exit.DONE
    }

    private fun print(
        area: String,
        prefix: String,
    ) = generateSequence(1) { it + 1 }.map { script(area, it) }.takeWhile { it != null }.forEach {
        spec.commandLine().out.println(checkNotNull(it).replace("{prefix}", prefix))
    }

    private fun script(
        area: String,
        number: Int,
    ): String? =
        JdbcCallStore::class.java
            .getResourceAsStream(
                "/dev/reprise/$area/schema/$database/$number.sql",
            )?.use { it.readAllBytes().decodeToString() }

    private companion object {
        val DATABASES = setOf("postgresql", "sqlite")
        val NAME = Regex("[a-z][a-z0-9_]{0,20}")
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
            connection.openDatabase().use { check(it) }
        } catch (e: SchemaException) {
            throw CliFailure(Exit.SCHEMA, e.message.orEmpty())
        }
        return Exit.DONE
    }

    /** A service without workflows has no tables for them. */
    private fun check(stores: StoresOfCli) =
        runBlocking {
            stores.calls.open()
            spec.commandLine().out.println("The tables of calls fit.")
            val problem = runCatching { stores.workflows.runs(RunQuery.ALL, null) }.exceptionOrNull()
            spec.commandLine().out.println(
                if (problem ==
                    null
                ) {
                    "The tables of workflows fit."
                } else {
                    "There are no workflows: ${problem.message}"
                },
            )
        }
}
