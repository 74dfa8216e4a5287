package dev.reprise.console.cli

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import dev.reprise.console.Console
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.operate.Actor
import dev.reprise.workflow.JdbcWorkflowStore
import kotlinx.coroutines.runBlocking
import org.sqlite.SQLiteDataSource
import picocli.CommandLine.Option
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

/** Where the calls are: the store itself, or a console. */
internal class Connection {
    @Option(names = ["--url"], paramLabel = "JDBC", description = ["The store: jdbc:sqlite:FILE or jdbc:postgresql://HOST/DATABASE"])
    var url: String? = null

    @Option(names = ["--console"], paramLabel = "URL", description = ["A console, instead of the store"])
    var console: String? = null

    @Option(names = ["--user"], paramLabel = "NAME", description = ["The user of the database, or of the console"])
    var user: String? = null

    @Option(names = ["--password-file"], paramLabel = "FILE", description = ["The password; default: REPRISE_PASSWORD of the environment"])
    var passwordFile: Path? = null

    @Option(names = ["--prefix"], defaultValue = "reprise_", description = ["Starts the names of the tables. Default: reprise_"])
    var prefix: String = "reprise_"

    @Option(names = ["--schema"], paramLabel = "NAME", description = ["The schema of the tables in PostgreSQL"])
    var schema: String? = null

    /** The API of the console, or of one in this process. */
    fun open(): Api {
        val (jdbc, remote) = url to console
        return when {
            jdbc != null && remote != null -> throw CliFailure(Exit.USAGE, "--url and --console exclude each other")
            jdbc != null -> openStore(jdbc)
            remote != null -> RemoteApi(requireNoPassword("--console", remote), user, password())
            else -> throw CliFailure(Exit.USAGE, "say where the calls are: --url jdbc:… or --console https://…")
        }
    }

    private fun openStore(jdbc: String): Api {
        val database = openDatabase(jdbc)
        requireTables(database)
        val console =
            Console(database.calls) {
                workflows(database.workflows)
                via = Actor.Via.CLI
            }
        return LocalApi(console, System.getProperty("user.name"), database)
    }

    /** @throws dev.reprise.queue.model.SchemaException if the tables are missing or do not fit. */
    private fun requireTables(database: StoresOfCli) {
        try {
            runBlocking { database.calls.open() }
        } catch (e: Exception) {
            database.close()
            throw e
        }
    }

    /** The stores behind `--url`. */
    fun openDatabase(jdbc: String = url ?: throw CliFailure(Exit.USAGE, "this command needs --url jdbc:…")): StoresOfCli {
        requireNoPassword("--url", jdbc)
        return if (jdbc.startsWith(SQLITE)) sqlite(jdbc.removePrefix(SQLITE)) else pooled(jdbc)
    }

    private fun sqlite(file: String): StoresOfCli {
        val path = Path.of(file.substringBefore('?'))
        if (!Files.exists(path)) throw CliFailure(Exit.UNREACHABLE, "there is no file $path")
        val dataSource = SQLiteDataSource().apply { url = "$SQLITE$path" }
        return StoresOfCli(JdbcCallStore(dataSource, prefix, STATEMENT), JdbcWorkflowStore(dataSource, prefix)) {}
    }

    private fun pooled(jdbc: String): StoresOfCli {
        val dataSource = pool(jdbc)
        val calls = JdbcCallStore(dataSource, prefix, STATEMENT, notifications = false, schema)
        return StoresOfCli(calls, JdbcWorkflowStore(dataSource, prefix)) { dataSource.close() }
    }

    internal fun pool(jdbc: String) =
        HikariDataSource(
            HikariConfig().apply {
                jdbcUrl = jdbc
                username = user
                password = this@Connection.password()
                maximumPoolSize = POOL
                initializationFailTimeout = -1
                connectionTimeout = CONNECT.inWholeMilliseconds
                // Without one the pool reads the level from its first connection. If that dies just then, it never opens another one.
                transactionIsolation = "TRANSACTION_READ_COMMITTED"
            },
        )

    private fun password(): String? {
        val file = passwordFile ?: return System.getenv("REPRISE_PASSWORD")
        return try {
            Files.readString(file).trimEnd('\r', '\n')
        } catch (e: IOException) {
            throw CliFailure(Exit.USAGE, "cannot read the password from $file: ${e.message}")
        }
    }

    /** Lists of processes show the arguments of a program. */
    private fun requireNoPassword(
        option: String,
        address: String,
    ): String {
        if (!PASSWORD.containsMatchIn(address)) return address
        throw CliFailure(
            Exit.USAGE,
            "the password must not be part of $option, where others can see it; use --password-file or REPRISE_PASSWORD",
        )
    }

    private companion object {
        const val SQLITE = "jdbc:sqlite:"
        const val POOL = 3
        val CONNECT = 10.seconds
        val STATEMENT = 5.seconds
        val PASSWORD = Regex("""[?&;]\w*password=|//[^/@]*:[^/@]*@""", RegexOption.IGNORE_CASE)
    }
}

/** The two stores of a database. */
internal class StoresOfCli(
    val calls: JdbcCallStore,
    val workflows: JdbcWorkflowStore,
    private val closeRest: () -> Unit,
) : AutoCloseable {
    override fun close() {
        calls.close()
        workflows.close()
        closeRest()
    }
}
