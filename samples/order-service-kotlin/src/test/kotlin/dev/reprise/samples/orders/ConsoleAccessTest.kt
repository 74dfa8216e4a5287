package dev.reprise.samples.orders

import dev.reprise.console.Console
import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.console.model.Payloads
import dev.reprise.console.model.Stage
import dev.reprise.queue.RetryQueue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly

class ConsoleAccessTest :
    FunSpec({
        test("operators act, staff reads, all others see nothing") {
            val queue = RetryQueue.inMemory()
            val operators = setOf("ada")
            // docs:begin console-access
            val console = Console(queue) {
                title = "orders"
                stage = Stage.PRODUCTION
                payloads = Payloads.ON_REQUEST
                access { request ->
                    when (request.user) {
                        null -> Access.None
                        in operators -> Access.Operate()
                        else -> Access.Read
                    }
                }
            }
            // docs:end

            suspend fun page(user: String?) = console.handle(ConsoleRequest.builder("GET", "/").user(user).build()).text()

            listOf(
                "ada",
                "bob",
                null,
            ).map { user -> listOf("can operate", "can read", "no access").single { it in page(user) } } shouldContainExactly
                listOf("can operate", "can read", "no access")
        }
    })
