package dev.reprise.console.cli

import dev.reprise.console.Console
import dev.reprise.console.ConsoleServer
import dev.reprise.console.model.Access
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.target
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import kotlinx.coroutines.runBlocking
import java.io.File
import java.io.PrintWriter
import java.io.StringWriter
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TestTimeSource

class CliTest : FunSpec({
    val folder = tempdir()
    var number = 0

    fun store() = newStore(File(folder, "calls-${number++}.db"))

    /** A call of a workflow that waits, and one that a person has to look at. */
    fun workflowStore() = newStore(File(folder, "calls-${number++}.db")).also { addWorkflows(File(it.removePrefix("jdbc:sqlite:"))) }

    test("reading commands") {
        val url = store()

        run("counts", "--url", url, "--tsv").lines.sorted() shouldContainExactly
            listOf("charge\tDEAD\t3", "charge\tREADY\t1", "charge\tSUCCEEDED\t1")
        run("groups", "--url", url).lines.last() shouldStartWith "3      charge   java.net.ConnectException"
        val listed = run("list", "--url", url, "--state", "dead", "--tsv").lines
        listed.size shouldBe 3
        val cid = listed.first().substringBefore('\t')
        run("why", cid, "--url", url).out shouldContain "EXHAUSTED"
        run("errors", cid, "--url", url, "--trace").out shouldContain "java.net.ConnectException: refused"
        run("show", cid, "--url", url).lines.map { it.replace(Regex(" +"), " ") } shouldContain "handler charge"
        run("list", "--url", url, "--unique-key", "order/7", "--json").out shouldStartWith "{\n  \"calls\": ["
        run("audit", "--url", url).code shouldBe 1
        run("runs", "--url", url).code shouldBe 1
        run("lanes", "--url", url, "--tsv").code shouldBe 1
    }

    test("an action is a dry run unless --yes, and is in the audit with who did it") {
        val url = store()

        run("replay", "--url", url, "--state", "dead", "--error", "java.net.ConnectException").lines.first() shouldBe
            "replay would change 3 of 3 calls."
        run("counts", "--url", url, "--tsv").lines shouldContain "charge\tDEAD\t3"
        val done = run("replay", "--url", url, "--state", "dead", "--rate", "10/s", "--yes", "--reason", "gateway is back")
        done.code to done.out shouldBe (0 to "Changed 3 of 3 calls.\n")
        run("audit", "--url", url, "--tsv").out shouldContain "\tCLI\treplay 10.0/s\tstate=dead\t3 of 3\tDONE\tgateway is back"
    }

    test("calls that cannot be changed are exit code 4, none that fit is 1") {
        val url = store()

        val cancelled = run("cancel", "--url", url, "--handler", "charge", "--yes", "--reason", "x")
        cancelled.code to cancelled.lines shouldBe (4 to listOf("Changed 1 of 5 calls.", "  skipped 4: ENDED"))
        run("discard", "--url", url, "--handler", "nothing", "--yes").code shouldBe 1
        run("discard", "nonexistent", "--url", url, "--yes").code shouldBe 1
    }

    test("a call whose unique key is taken is skipped, and the dry run says by which call") {
        val url = store()
        val target = target("charge")
        val (dead, holder) =
            runBlocking {
                val queue = RetryQueue.open(File(url.removePrefix("jdbc:sqlite:")).toPath()) { handle(target) { reject("no") } }
                val job = queue.start(this)
                val dead = queue.enqueue(target, "1") { uniqueKey = "u" }.also { it.awaitEnd() }
                val holder =
                    queue.enqueue(target, "2") {
                        uniqueKey = "u"
                        delay = 2.days
                    }
                queue.shutdown()
                job.cancel()
                dead.cid to holder.cid
            }

        run("replay", dead, "--url", url).lines shouldContain "  the unique key of $dead belongs to $holder"
        run("replay", dead, "--url", url, "--yes", "--reason", "x").code shouldBe 4
    }

    test("the runs of cancelled workflows are kept or undone as the one who cancels says") {
        val url = workflowStore()

        run("cancel", "--url", url, "--handler", "trip", "--state", "ready", "--on-end", "perhaps").code shouldBe 2
        val cid = run("list", "--url", url, "--handler", "trip", "--state", "ready", "--tsv").out.substringBefore('\t')
        run("show", cid, "--url", url, "--json").out shouldContain "trip/undo"
        run("cancel", cid, "--url", url, "--on-end", "keep", "--yes", "--reason", "x").code shouldBe 0
        run("show", cid, "--url", url, "--json").out shouldNotContain "trip/undo"
        run("audit", "--url", url, "--tsv").out shouldContain "\tcancel keep\t"
    }

    test("a workflow that was rejected is replayed with --reset, and skipped without") {
        val url = workflowStore()

        val skipped = run("replay", "--url", url, "--handler", "trip", "--state", "dead", "--yes", "--reason", "x")
        skipped.code to skipped.lines shouldBe (4 to listOf("Changed 0 of 1 calls.", "  skipped 1: NEEDS_RESET"))
        run("replay", "--url", url, "--handler", "trip", "--state", "dead", "--reset", "--yes", "--reason", "x").code shouldBe 0
    }

    test("what is not there is exit code 1, and a cursor of another list 2") {
        val url = store()

        for (command in listOf("show", "why", "errors", "run")) {
            val ran = run(command, "unknown", "--url", url)
            ran.code to ran.out shouldBe (1 to "")
            ran.err shouldStartWith "There is no ${if (command == "run") "run" else "call"} unknown"
        }
        run("undo", "unknown", "--url", url, "--reason", "x").code shouldBe 1
        run("list", "--url", url, "--after", "1.2.3").err shouldContain "is not one of this list"
        run("audit", "--url", url, "--after", "1.2.3").code shouldBe 2
        run("runs", "--url", url, "--after", "1.2.3").code shouldBe 2
    }

    test("pause and resume") {
        val url = store()

        run("pause", "payments", "--url", url, "--reason", "migration").out shouldBe "The lane payments is paused.\n"
        run("lanes", "--url", url, "--tsv").out shouldStartWith "payments\tpaused"
        run("resume", "payments", "--url", url).code shouldBe 0
    }

    test("a console is another way in, with the same output") {
        val url = store()
        val stores = Connection().openDatabase(url)
        val console = Console(stores.calls) { access { Access.Operate() } }
        stores.use {
            ConsoleServer(console, port = 0).use { server ->
                val address = server.start()
                run("counts", "--console", address, "--json").out shouldBe run("counts", "--url", url, "--json").out
                run("replay", "--console", address, "--state", "dead", "--yes", "--reason", "x").out shouldBe "Changed 3 of 3 calls.\n"
                run("list", "--console", address, "--state", "undead").code shouldBe 2
                run("show", "unknown", "--console", address).code shouldBe 1
            }
        }
        run("counts", "--console", "http://127.0.0.1:9").code shouldBe 3
    }

    test("who may not see anything gets exit code 3") {
        val stores = Connection().openDatabase(store())
        stores.use {
            ConsoleServer(Console(stores.calls) { access { Access.None } }, port = 0).use { server ->
                run("counts", "--console", server.start()).code shouldBe 3
            }
        }
    }

    test("usage errors are exit code 2") {
        val url = store()
        run().code shouldBe 2
        run("counts").err shouldContain "say where the calls are"
        run("counts", "--nonsense").code shouldBe 2
        run("list", "--url", url, "--order", "due").err shouldContain "the order DUE needs the state READY"
        run("change-policy", "--url", url, "--notation", "every(1m", "--all", "--yes").code shouldBe 2
        run("cancel", "--url", url, "--yes").err shouldContain "the filter is empty"
    }

    test("a password in an argument is refused, because lists of processes show it") {
        listOf("jdbc:postgresql://ada:secret@db/orders", "jdbc:postgresql://db/orders?user=ada&password=secret").forEach {
            val refused = run("counts", "--url", it)
            refused.code shouldBe 2
            refused.err shouldContain "--password-file or REPRISE_PASSWORD"
        }
    }

    test("a store that is not there is exit code 3") {
        run("counts", "--url", "jdbc:sqlite:${File(folder, "missing.db")}").code shouldBe 3
    }

    test("policies are explained, simulated and drawn without a store") {
        run("policy", "explain", "every(1m) maxAttempts(3)").code shouldBe 0
        run("policy", "simulate", "delays(1s, 2s)").out shouldStartWith "3 attempts, delays [1s 2s]"
        run("policy", "draw", "delays(1s, 2s)").out shouldStartWith "<svg xmlns"
        run("policy", "draw", "delays(1s").code shouldBe 2
    }

    test("a policy is compared with the one that was in force") {
        val url = store()
        val compared = run("policy", "what-if", "every(1m) maxAttempts(3)", "--handler", "charge", "--url", url, "--tsv")
        compared.lines.first() shouldBe "Attempts, which are calls of the remote service\t3\t9"
        run("policy", "what-if", "every(1m) maxAttempts(3)", "--handler", "charge", "--url", url, "--json").out shouldContain
            "\"wouldHaveBeen\": \"9\""
        run("policy", "what-if", "every(1m) maxAttempts(3)", "--handler", "nothing", "--url", url).code shouldBe 1
        run("policy", "what-if", "every(1m", "--handler", "charge", "--url", url).code shouldBe 2
        run("policy", "what-if", "every(1m) maxAttempts(3)", "--url", url).code shouldBe 2
    }

    test("on a terminal a bulk action shows its rate and its end, and nothing if the output is redirected") {
        val (time, shown) = TestTimeSource() to StringWriter()
        val progress = Progress(PrintWriter(shown), 3_000, isShown = true, time)
        time += 2.seconds
        progress.show(1_000)
        progress.end()
        shown.toString() shouldBe "\r[##########....................] 1000 of 3000, 500/s, 4 s left \n"
    }

    test("the schema that is printed creates a store that fits, and another database does not fit") {
        val sql = run("schema", "print", "sqlite").out
        val file = File(folder, "printed.db")
        java.sql.DriverManager.getConnection("jdbc:sqlite:$file").use { connection ->
            connection.createStatement().use { statement ->
                sql
                    .lines()
                    .filterNot {
                        it.trimStart().startsWith("--")
                    }.joinToString("\n")
                    .split(';')
                    .filter { it.isNotBlank() }
                    .forEach { statement.executeUpdate(it) }
            }
        }
        run("schema", "check", "--url", "jdbc:sqlite:$file").lines shouldContainExactly
            listOf("The tables of calls fit.", "The tables of workflows fit.")

        val empty = File(folder, "empty.db").apply { createNewFile() }
        run("schema", "check", "--url", "jdbc:sqlite:$empty").code shouldBe 5
        run("schema", "print", "postgresql", "--prefix", "shop_").out shouldContain "CREATE TABLE shop_call ("
        run("schema", "print", "oracle").code shouldBe 2
    }
})
