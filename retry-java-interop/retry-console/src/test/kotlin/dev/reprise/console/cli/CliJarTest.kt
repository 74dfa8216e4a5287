package dev.reprise.console.cli

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import java.io.File
import java.util.concurrent.TimeUnit
import java.util.zip.ZipFile

private fun jar(name: String) =
    File(
        checkNotNull(System.getProperty(name)) {
            "this test runs in the phase integration-test, on the finished jars"
        },
    )

/** Runs the jar of the command line as a process, with a password in its environment. */
private fun runJar(vararg arguments: String): Ran {
    val java = File(System.getProperty("java.home"), "bin/java").path
    val builder = ProcessBuilder(listOf(java, "-jar", jar("cli.jar").path) + arguments)
    builder.environment()["REPRISE_PASSWORD"] = "any"
    val process = builder.start()
    val (out, err) = process.inputReader().readText() to process.errorReader().readText()
    process.waitFor(1, TimeUnit.MINUTES) shouldBe true
    return Ran(process.exitValue(), out, err)
}

private fun classesIn(file: File) =
    ZipFile(file).use { zip ->
        zip
            .entries()
            .toList()
            .map { it.name }
            .filter { it.endsWith(".class") }
    }

/** What only the finished jars show. */
class CliJarTest : FunSpec({
    val folder = tempdir()
    val postgres by lazy { autoClose(EmbeddedPostgres.start()) }

    fun postgresLogin() = arrayOf("--url", "jdbc:postgresql://localhost:${postgres.port}/postgres", "--user", "postgres")

    fun stores(): Map<String, Array<String>> {
        val login = postgresLogin()
        runJar("schema", "check", *login).code shouldBe 5
        postgres.postgresDatabase.connection.use { it.createStatement().execute(runJar("schema", "print", "postgresql").out) }
        fill { RetryQueue.on(JdbcCallStore(postgres.postgresDatabase), block = it) }
        return mapOf("SQLite" to arrayOf("--url", newStore(File(folder, "calls.db"))), "PostgreSQL" to login)
    }

    test("an operator reads, acts and is in the audit, on both databases") {
        for ((_, login) in stores()) {
            runJar("schema", "check", *login).code shouldBe 0
            runJar("counts", *login, "--tsv").lines.sorted() shouldContainExactly
                listOf("charge\tDEAD\t3", "charge\tREADY\t1", "charge\tSUCCEEDED\t1")
            val listed = runJar("list", *login, "--state", "dead", "--tsv").lines
            val cid = listed.first().substringBefore('\t')
            listed.size shouldBe 3
            runJar("show", cid, *login).lines.map { it.replace(Regex(" +"), " ") } shouldContain "handler charge"
            runJar("why", cid, *login).out shouldContain "EXHAUSTED"
            runJar("list", *login, "--json").out shouldStartWith "{\n  \"calls\": ["
            runJar("list", *login).out shouldNotContain "\u001b"
            runJar("list", *login, "--handler", "nothing").code shouldBe 1

            val plan = runJar("replay", *login, "--state", "dead")
            plan.code to plan.lines.first() shouldBe (0 to "replay would change 3 of 3 calls.")
            val done = runJar("replay", *login, "--state", "dead", "--yes", "--reason", "x")
            Triple(done.code, done.out, done.err) shouldBe Triple(0, "Changed 3 of 3 calls.\n", "")
            runJar("cancel", *login, "--handler", "charge", "--yes", "--reason", "x").code shouldBe 4
            runJar("audit", *login, "--tsv").lines.map { it.split('\t').slice(1..5) } shouldContainExactly
                listOf(
                    listOf(System.getProperty("user.name"), "CLI", "cancel", "handler=charge", "4 of 5"),
                    listOf(System.getProperty("user.name"), "CLI", "replay", "state=dead", "3 of 3"),
                )
        }
    }

    test(
        "what needs no store is written to its end; usage errors, and passwords that others could see, are exit code 2; what is not there is 3, tables that do not fit 5",
    ) {
        runJar("policy", "draw", "delays(1s, 2s)").out.trimEnd() shouldEndWith "</svg>"
        runJar().code shouldBe 2
        for (url in listOf("jdbc:postgresql://ada:secret@db/orders", "jdbc:postgresql://db/orders?user=ada&password=secret")) {
            val refused = runJar("counts", "--url", url)
            refused.code shouldBe 2
            refused.err shouldContain "--password-file or REPRISE_PASSWORD"
            refused.err shouldNotContain "secret"
        }
        runJar("counts", "--password", "secret").code shouldBe 2
        runJar("counts", "--url", "jdbc:postgresql://localhost:9/none").code shouldBe 3
        runJar("counts", "--url", "jdbc:sqlite:${File(folder, "missing.db")}").code shouldBe 3
        val empty = File(folder, "empty.db").apply { createNewFile() }
        runJar("counts", "--url", "jdbc:sqlite:$empty").code shouldBe 5
    }

    test("the jar of the console is small, and has no command line") {
        classesIn(jar("console.jar")).filter { "/cli/" in it }.shouldBeEmpty()
        classesIn(jar("cli.jar")).filter { "/console/cli/" in it }.shouldNotBeEmpty()
        jar("console.jar").length() shouldBeLessThanOrEqual 720L * 1024
    }
})
