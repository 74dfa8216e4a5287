package dev.reprise.console

import dev.reprise.console.cli.run
import dev.reprise.console.model.Access
import dev.reprise.queue.JdbcCallStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.postgresql.ds.PGSimpleDataSource
import org.sqlite.SQLiteDataSource
import java.io.File
import javax.sql.DataSource

/** What runs here, and on what. */
class VersionsTest : FunSpec({
    test("workers say the version of their application, on the page, in the API and on the command line") {
        val console = consoleOf(Showcase())
        val browser = TestBrowser(console)

        browser.get("/workers").text() shouldContain "Version 7.2.0"
        browser.get("/api/v1/workers").text() shouldContain "\"applicationVersion\": \"7.2.0\""
        ConsoleServer(console, port = 0).use { server ->
            run("workers", "--console", server.start(), "--tsv").out.split('\t')[4] shouldBe "7.2.0"
        }
    }

    test("the overview says first that the database can lose calls, and what it promises") {
        suspend fun browser(source: DataSource) =
            TestBrowser(Console(JdbcCallStore(source).also { it.migrate() }) { access { Access.Operate() } })

        suspend fun TestBrowser.isOnDisk() =
            Json
                .parseToJsonElement(get("/api/v1/overview").text())
                .jsonObject
                .getValue("durability")
                .jsonObject
                .getValue("isOnDisk")
                .jsonPrimitive.content
        EmbeddedPostgres.start().use { postgres ->
            val source = PGSimpleDataSource()
            source.setUrl("jdbc:postgresql://localhost:${postgres.port}/postgres?user=postgres&options=-c%20synchronous_commit=off")
            val weak = browser(source)
            val problem =
                weak
                    .get("/")
                    .text()
                    .substringAfter("class=\"problems\"")
                    .substringAfter("<strong>")
                    .substringBefore("</strong>")
            problem shouldContain "synchronous_commit=off: calls that it has accepted can be lost in a crash."
            weak.get("/").text() shouldContain "What it has accepted can be lost in a crash."
            weak.isOnDisk() shouldBe "false"
        }
        val safe = browser(SQLiteDataSource().apply { url = "jdbc:sqlite:${File(tempdir(), "calls.db")}" })
        safe.get("/").text() shouldContain "What it has accepted survives a crash."
        safe.get("/").text() shouldNotContain "can be lost"
        safe.isOnDisk() shouldBe "true"
    }
})
