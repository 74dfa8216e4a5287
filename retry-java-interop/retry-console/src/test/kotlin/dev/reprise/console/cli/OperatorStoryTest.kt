package dev.reprise.console.cli

import dev.reprise.console.Console
import dev.reprise.console.TestBrowser
import dev.reprise.console.model.Access
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.runBlocking
import picocli.CommandLine
import java.io.File
import java.io.PrintWriter
import java.io.StringWriter
import java.net.ConnectException
import java.sql.Connection
import java.sql.DriverManager
import kotlin.time.Duration.Companion.days

private val charge = Target("charge", PayloadCodec.Text, PayloadCodec.Text, describe = { order -> "charge $order" })
private val email = Target("email", PayloadCodec.Text, PayloadCodec.Text)

/** A table of a million calls: 600,000 are not due, 300,000 succeeded, and 100,000 died when the gateway was away. */
private class MillionCalls(
    private val file: File,
) {
    val url = "jdbc:sqlite:$file"

    /** The calls that the others are copies of. */
    private lateinit var dead: CallHandle<String>
    private lateinit var done: CallHandle<String>
    private lateinit var later: CallHandle<String>

    fun fill() {
        originals()
        DriverManager.getConnection(url).use { connection ->
            connection.autoCommit = false
            connection.copy("waiting", later.cid, 599_999, "due_at" to "due_at + n")
            connection.copy("finished", done.cid, 299_999)
            connection.copy("dead", dead.cid, 99_999)
            connection.copy("error", dead.cid, 99_999)
            connection.count("email", "LIVE", 599_999)
            connection.count("email", "SUCCEEDED", 299_999)
            connection.count("charge", "DEAD", 99_999)
            connection.commit()
            connection.createStatement().use { it.execute("ANALYZE") }
            connection.commit()
        }
    }

    private fun originals() =
        runBlocking {
            val queue =
                RetryQueue.open(file.toPath()) {
                    workerName = "orders-1"
                    handle(charge, lane = "payments", version = 4) { throw ConnectException("Connection refused: gateway.example") }
                    handle(email) { "sent" }
                }
            val job = queue.start(this)
            dead = queue.enqueue(charge, "order 41233") { policy("delays(1ms, 1ms) maxAttempts(3)") }
            done = queue.enqueue(email, "newsletter")
            later = queue.enqueue(email, "newsletter") { delay = 1.days }
            queue.awaitEnd(dead.cid)
            queue.awaitEnd(done.cid)
            queue.shutdown()
            job.cancel()
        }

    /** Adds [number] copies of the rows of the call [cid]. Their ids are in the order of their numbers. */
    private fun Connection.copy(
        table: String,
        cid: String,
        number: Int,
        vararg changes: Pair<String, String>,
    ) {
        val columns =
            createStatement().use { statement ->
                val metaData = statement.executeQuery("SELECT * FROM reprise_$table LIMIT 0").metaData
                (1..metaData.columnCount).map(metaData::getColumnName)
            }
        val values = mapOf("cid" to "substr('$cid', 1, length('$cid') - 7) || printf('%07d', n)") + changes
        val numbers = "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < $number)"
        val selected = columns.joinToString { if (it in values) values.getValue(it) else "t.$it" }
        createStatement().use {
            it.executeUpdate(
                "INSERT INTO reprise_$table (${columns.joinToString()}) $numbers SELECT $selected FROM g, reprise_$table t WHERE t.cid = '$cid'",
            )
        }
    }

    private fun Connection.count(
        handler: String,
        state: String,
        delta: Int,
    ) = createStatement().use {
        it.executeUpdate("INSERT INTO reprise_state_count (handler, state, delta) VALUES ('$handler', '$state', $delta)")
    }
}

/** What a command line of the guide writes, without the ids, times and widths of columns that differ each time. */
private fun stable(text: String): List<String> =
    text
        .trimEnd()
        .lines()
        .map { line ->
            line
                .replace(Regex("""\d{4}-\d\d-\d\dT[\d:.]+Z"""), "TIME")
                .replace(Regex("""\b0X[0-9A-Za-z_-]*(…|[0-9A-Za-z_-]{20,})"""), "CID")
                .replace(Regex(" +"), " ")
                .replace("TIME ${System.getProperty("user.name")} CLI", "TIME ada CLI")
                .trimEnd()
        }

/** The story of the guide about an operator, played on a table of a million calls: its commands write what the page says. */
class OperatorStoryTest : FunSpec({
    val calls by lazy { MillionCalls(File(tempdir(), "calls.db")).also { it.fill() } }

    fun reprise(arguments: List<String>): String {
        val written = StringWriter()
        val printer = PrintWriter(written)
        execute(CommandLine(RootCommand()).setOut(printer).setErr(printer), arguments.toTypedArray())
        return written.toString()
    }

    test("the commands of the guide, with what they write") {
        val section = File("../../retry-core/guide/operating.md").readText().substringAfter("## What is wrong?\n").substringBefore("\n## ")
        val blocks = Regex("(?s)```text\n(.*?)```").findAll(section).joinToString("\n") { it.groupValues[1] }
        val steps = ("\n" + blocks).split("\n$ reprise ").filter { it.isNotBlank() }
        var cid = ""

        val played =
            steps.map { step ->
                val command = step.lineSequence().first()
                val words = Regex("""'([^']*)'|(\S+)""").findAll(command).map { it.groupValues[1] + it.groupValues[2] }.toList()
                val out = reprise(words.map { if ('…' in it) cid else it } + listOf("--url", calls.url))
                Regex("""\b0X[0-9A-Za-z_-]{20,}""").find(out)?.let { cid = it.value }
                command + "\n" + out
            }
        played.flatMap(::stable).filter { it.isNotEmpty() } shouldContainExactly steps.flatMap(::stable).filter { it.isNotEmpty() }
    }

    test("the same in a browser: what is wrong, the call, how many alike, what would happen, the action, the audit") {
        val stores =
            dev.reprise.console.cli
                .Connection()
                .openDatabase(calls.url)
        stores.use {
            val browser = TestBrowser(Console(stores.calls) { access { Access.Operate() } })
            val group = "state=dead&handler=charge&error=java.net.ConnectException"

            browser.get("/").text() shouldContain "calls of charge died since yesterday"
            val bench = browser.get("/dead").text()
            bench shouldContain "Connection refused: gateway.example"
            val sample = Regex("href=\"calls/([^\"]+)\">Sample").find(bench)!!.groupValues[1]
            browser.get("/calls/$sample").text() shouldContain "EXHAUSTED"
            browser.get("/act", "action=replay&rate=10&$group").text() shouldContain "10,000 calls would be replayed."
            browser.post("/act", "action" to "replay", "rate" to "10", "note" to "the gateway is back", *fields(group))
            browser.get("/audit").text() shouldContain "the gateway is back"
        }
    }
})

private fun fields(query: String) = query.split('&').map { it.substringBefore('=') to it.substringAfter('=') }.toTypedArray()
