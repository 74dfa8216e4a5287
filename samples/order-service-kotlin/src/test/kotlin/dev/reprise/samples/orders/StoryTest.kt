package dev.reprise.samples.orders

import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldHaveSize
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import jdk.jfr.consumer.RecordingFile
import kotlin.io.path.Path

/** The whole program, with processes that are killed, on both databases. */
class StoryTest :
    FunSpec({
        val folder = tempdir().toPath()

        suspend fun tell(url: String) {
            val lines = java.util.Collections.synchronizedList(ArrayList<String>())
            Story(url, lines::add).tell()
            val said = lines.map { it.replace(Regex("\\[copy .\\] "), "").trim() }
            for (order in 1..5) {
                said.filter { it == "order $order: paid" } shouldHaveSize 1
                said.filter { it.startsWith("order $order: receipt") } shouldHaveSize 1
            }
            said shouldContainAll (1..3).map { "order $it: not paid yet" }
            said shouldContain "All orders are paid, each of them once."
            // Copy 1 was killed.
            val events = listOf(2, 3).flatMap { RecordingFile.readAllEvents(Path("target/copy-$it.jfr")) }
            events.map { it.eventType.name } shouldContainAll listOf("dev.reprise.CallAttempt", "dev.reprise.CallSettled")
        }

        test("a shop that is killed loses no order and charges none twice, on SQLite") {
            tell("jdbc:sqlite:${folder.resolve("shop.db")}")
        }

        test("the same program does so on PostgreSQL") {
            EmbeddedPostgres.start().use { server -> tell(server.getJdbcUrl("postgres", "postgres")) }
        }
    })
