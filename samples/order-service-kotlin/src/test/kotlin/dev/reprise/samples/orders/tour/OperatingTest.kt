package dev.reprise.samples.orders.tour

import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.OperatorAction
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import java.net.ConnectException
import kotlin.time.Duration.Companion.seconds

/** The examples of the guide about lists and actions. */
class OperatingTest :
    FunSpec({
        test("an operator finds what is wrong, sees why and how many alike, acts, and finds himself in the audit") {
            runTest {
                val log = ArrayList<Any?>()
                var isDown = true

                // docs:begin operate-labels
                val charge = Target("charge", PayloadCodec.Text, PayloadCodec.Text, describe = { "charge $it" }) // the title in lists
                val queue = RetryQueue.on(InMemoryCallStore { currentTime }) {
                    handle(charge) { order -> if (isDown) throw ConnectException("refused") else "$order charged" }
                }
                queue.start(backgroundScope)
                for (order in 1..40) {
                    queue.enqueue(charge, "order $order") {
                        tags("tenant:42", "import") // people find it by these; its callbacks have them too
                        header("traceparent", "00-4bf9-00f0-01") // for programs: call.headers
                        policy("every(1m) maxAttempts(1)")
                    }
                }
                // docs:end
                runCurrent()
                isDown = false

                // docs:begin operate
                val operator = queue.operator(Actor("ada")) // or, in a process without handlers, QueueOperator.on(store, Actor("ada"))
                val worst = operator.groups().first() // "charge java.net.ConnectException v1: 40"
                val last = queue.errors(worst.sampleCid).last() // the message, the causes, the stack trace
                val alike = CallQuery.ALL
                    .states(CallState.DEAD)
                    .handlers("charge")
                    .errorTypes(last.type)
                val replay = OperatorAction.Replay(perSecond = 10.0) // one every 100 ms, whether anybody runs or not
                val plan = operator.act(replay, alike) // a dry run: what would be changed, what skipped, and why
                operator.act(replay, alike, dryRun = false, reason = "the gateway is back")
                val entry = operator.audit().items.first() // who, what, why, how many, and how far it came
                // docs:end
                log.addAll(
                    listOf(
                        worst,
                        plan.changed,
                        entry.actor,
                        entry.action,
                        entry.query,
                        entry.reason,
                        "${entry.changed} of ${entry.matched}",
                    ),
                )
                log shouldContainExactly
                    listOf(
                        worst,
                        40,
                        Actor("ada"),
                        "replay 10.0/s",
                        "error=java.net.ConnectException&handler=charge&state=DEAD",
                        "the gateway is back",
                        "40 of 40",
                    )
                worst.toString() shouldBe "charge java.net.ConnectException v1: 40"
                delay(5.seconds)
                queue.counts().map { "${it.state}: ${it.calls}" } shouldContainExactly listOf("SUCCEEDED: 40")
            }
        }

        test("a list continues where its last page ended, also in another process") {
            runTest {
                val queue = RetryQueue.inMemory()
                repeat(3) { queue.enqueue(Target.text("charge"), "order $it") { title = "order $it" } }

                // docs:begin operate-pages
                val operator = queue.operator(Actor("ada"))
                val page = operator.calls(CallQuery.parse("state=ready&handler=charge"), limit = 2) // the form of its text
                val more = operator.calls(CallQuery.parse("state=ready&handler=charge"), after = page.next)
                val titles = (page.items + more.items).map { it.title }
                // docs:end
                titles shouldContainExactly listOf("order 0", "order 1", "order 2")
            }
        }
    })
