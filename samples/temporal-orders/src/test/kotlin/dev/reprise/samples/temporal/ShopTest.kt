package dev.reprise.samples.temporal

import dev.reprise.console.Console
import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.JdbcCallStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.temporal.testing.TestWorkflowEnvironment
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import org.sqlite.SQLiteDataSource
import java.io.IOException
import java.nio.file.Files
import java.util.Collections
import kotlin.time.Duration.Companion.hours

class ShopTest :
    FunSpec({
        test("a gateway that is down for two days is paid on the third") {
            // docs:begin temporal-test
            TestWorkflowEnvironment.newInstance().use { server ->
                val outage = server.currentTimeMillis() + 48.hours.inWholeMilliseconds
                val outcome = CompletableDeferred<String>()
                val gateway = Gateway { request, _ ->
                    if (server.currentTimeMillis() < outage) throw IOException("the gateway is down") else "paid $request"
                }
                val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)
                val payments = payments(server.workflowClient, gateway, { outcome.complete(it) })
                val worker = work(payments, scope)
                sell(payments, order = "1", customer = "7") shouldBe "paid 42 EUR" // two virtual days, in a second
                outcome.await().substringBefore(" after") shouldBe "SUCCEEDED"
                worker.stop()
                scope.cancel()
            }
            // docs:end
        }

        test("what is rolled back in the shop's database is not charged, and what is committed is charged once") {
            val charged = Collections.synchronizedList(ArrayList<String>())
            TestWorkflowEnvironment.newInstance().use { server ->
                val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)
                val payments = payments(server.workflowClient, { request, _ -> request.also(charged::add) }, {})
                val worker = work(payments, scope)
                val file = Files.createTempDirectory("shop").resolve("shop.db")
                val database = SQLiteDataSource().apply { url = "jdbc:sqlite:$file" }
                JdbcCallStore(database).use { it.migrate() }
                val outbox = outbox(database, payments)
                outbox.start(scope)
                val cids =
                    listOf("rolled back", "committed").map { request ->
                        database.connection.use { connection ->
                            connection.autoCommit = false
                            val handle = outbox.enqueue(connection, charge, request)
                            if (request == "committed") connection.commit() else connection.rollback()
                            handle.cid
                        }
                    }
                outbox.awaitEnd(cids[1])
                payments.awaitEnd(cids[1])
                payments.find(cids[0]) shouldBe null
                charged shouldContainExactly listOf("committed")
                outbox.shutdown()
                worker.stop()
                scope.cancel()
            }
        }

        test("the console shows a payment that died, with its attempts and its policy card") {
            TestWorkflowEnvironment.newInstance().use { server ->
                val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)
                val payments = payments(server.workflowClient, { _, _ -> throw IOException("no <route>") }, {})
                val worker = work(payments, scope)
                val handle = payments.enqueue(charge, "42 EUR") { policy("every(1h) maxAttempts(3)") }
                payments.awaitEnd(handle.cid)
                val console =
                    Console(InMemoryCallStore()) {
                        hosted("temporal", payments)
                        access { Access.Read }
                    }
                val page = console.handle(ConsoleRequest.builder("GET", "/hosted").query("host=temporal&cid=${handle.cid}").build())
                page.status shouldBe 200
                page.text() shouldContain "every(1h) maxAttempts(3)"
                page.text() shouldContain "3 attempts of 3 were made."
                page.text() shouldContain "no &lt;route&gt;"
                worker.stop()
                scope.cancel()
            }
        }
    })
