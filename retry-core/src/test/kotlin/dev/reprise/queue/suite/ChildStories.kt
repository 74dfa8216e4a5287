package dev.reprise.queue.suite

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.io.IOException
import kotlin.time.Duration.Companion.hours

private val order = target("order")
private val ship = target("ship")

/** Calls that handlers enqueue. */
internal val childStories =
    stories {
        story("a call that a handler enqueues has that handler as its source and its call as its origin", { world ->
            handle(order) { withContext(Dispatchers.IO) { world.queue.enqueue(charge, it).cid } }
            handle(charge) { "paid".also { world.log += "${call.source} ${call.origCid}" } }
        }) {
            val parent = queue.enqueue(order, "42")
            val child = parent.await()
            log(1) shouldContainExactly listOf("order ${parent.cid}")
            queue.find(child)!!.run { "$source $origCid" } shouldBe "order ${parent.cid}"
        }

        story("each step of a handler that is retried is enqueued once", { world ->
            handle(order) {
                val step = enqueueOnce("charge", charge, it)
                world.log += "${step.isNew}"
                if (attempt < 3) throw IOException("down")
                enqueueOnce("ship", ship, it)
                step.await()
            }
            handle(charge) { "paid".also { world.log += "charge ${call.uniqueKey == "${call.origCid}/charge"}" } }
            handle(ship) { "sent".also { world.log += "ship" } }
        }) {
            queue.enqueue(order, "42").await() shouldBe "paid"
            log(5) shouldContainExactlyInAnyOrder listOf("true", "false", "false", "charge true", "ship")
        }

        story("a step is enqueued once while its call is known, also if the step is dead and discarded", { world ->
            handle(order) {
                val step = enqueueOnce("charge", charge, it)
                if (attempt == 1) {
                    step.awaitEnd()
                    world.queue.discard { dead -> dead.cid == step.cid }
                    throw IOException("down")
                }
                "${step.isNew}"
            }
            handle(charge) { reject("bad") }
        }) {
            queue.enqueue(order, "42").await() shouldBe "false"
        }

        story("steps and callbacks have the tags of their call unless they set their own, and not its headers", { world ->
            handle(order) {
                enqueueOnce("1", charge, "")
                enqueueOnce("2", ship, "") { tags("mine") }
                headers.toString()
            }
            for (target in listOf(charge, ship)) handle(target) { "".also { world.log += "${target.name} ${call.tags} $headers" } }
            callback("ordered") { world.log += "ordered ${it.response} ${call.tags} $headers" }
        }) {
            queue.enqueue(order, "42") {
                tags("tenant:42")
                header("a", "b")
                callback("ordered")
            }
            log(3) shouldContainExactlyInAnyOrder listOf("ordered {a=b} [tenant:42] {}", "charge [tenant:42] {}", "ship [mine] {}")
        }

        story("a call continues when the calls that it waits for have ended, and holds no place in its lane until then", { world ->
            lane("default") { concurrency = 1 }
            handle(order) {
                val parts = listOf("a", "bad").map { part -> enqueueOnce(part, charge, part) }
                awaitEnds(parts)
                parts.map { it.awaitEnd().state }.toString()
            }
            handle(charge) {
                world.gate.await()
                if (it == "bad") reject("bad") else it
            }
        }) {
            val parent = queue.enqueue(order, "42")
            until { queue.find(parent.cid)!!.snoozes > 0 }
            gate.complete(Unit)
            parent.await() shouldBe listOf(CallState.SUCCEEDED, CallState.DEAD).toString()
            queue.find(parent.cid)!!.attempts shouldBe 1
        }

        story("the key of a step takes no time of its own, since it is taken as long as its call is known", { world ->
            handle(order) {
                world.log += shouldThrow<InvalidCallException> { enqueueOnce("1", charge, "") { uniqueFor = 1.hours } }.message.orEmpty()
                ""
            }
        }) {
            queue.enqueue(order, "42").await()
            log shouldContainExactly listOf("uniqueFor is 1h, but the key of enqueueOnce stays taken as long as its call is known; omit it")
        }
    }
