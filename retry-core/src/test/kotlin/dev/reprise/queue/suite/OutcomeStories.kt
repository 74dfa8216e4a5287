package dev.reprise.queue.suite

import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.ResultNotStoredException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.UnknownCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.IOException
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.hours

/** The outcome without its instants. */
private fun CallOutcome.text() = toJson().replace(Regex(""""(req|resp)_ts_utc":"[0-9T:.Z-]+","""), "")

/** What a call leaves: its result, and the calls that report its end. */
internal val outcomeStories =
    stories {
        story("a callback receives the outcome of a call that succeeded, with its failures before", { world ->
            handle(charge) { if (attempt < 3) throw IOException("down") else "paid" }
            callback("charged") { world.log += it.text() }
        }) {
            val handle =
                queue.enqueue(charge, "42") {
                    policy("every(10ms) maxAttempts(3)")
                    callback("charged")
                    context = "order 7"
                }
            log(1).single() shouldBe
                """{"ok":true,"source":null,"target":"charge","retry_repeats":3,"retry_seconds":0.01,""" +
                """"call_cid":"${handle.cid}","orig_cid":null,"response":"paid","context":"order 7",""" +
                """"state":"SUCCEEDED","attempts":3,"errors":["java.io.IOException: down","java.io.IOException: down"]}"""
        }

        story("a callback receives the outcome of a call that is dead", { world ->
            handle(charge) { if (attempt == 1) throw IOException("down") else reject("no such account") }
            callback("charged") {
                world.log +=
                    "${it.ok} ${it.state} ${it.attempts} ${it.response} ${it.errors.map { e -> e.substringAfter(": ") }}"
            }
        }) {
            queue.enqueue(charge, "42") { callback("charged") }
            log(1) shouldContainExactly listOf("false DEAD(REJECTED) 2 null [down, no such account]")
        }

        story("a callback receives the outcome of a call that is cancelled before it runs", { world ->
            handle(charge) { "paid" }
            callback("charged") { world.log += "${it.ok} ${it.state} ${it.attempts}" }
        }) {
            val handle =
                queue.enqueue(charge, "42") {
                    delay = 1.hours
                    callback("charged")
                }
            handle.cancel() shouldBe CancelResult.CANCELLED
            log(1) shouldContainExactly listOf("false CANCELLED 0")
        }

        story("each callback of a call is called, as a call of its own with the call as its origin", { world ->
            handle(charge) { "paid" }
            callback("first") { world.log += "first ${it.callCid} ${call.origCid} ${call.source}" }
            callback("second") { world.log += "second ${it.callCid} ${call.origCid} ${call.source}" }
        }) {
            val cid =
                queue
                    .enqueue(charge, "42") {
                        callback("first")
                        callback(Target.callback("second"))
                    }.cid
            log(2) shouldContainExactlyInAnyOrder listOf("first $cid $cid charge", "second $cid $cid charge")
            queue.find(cid)!!.callbacks shouldContainExactly listOf("first", "second")
            until { queue.counts().sumOf(CallCount::calls) == 3L && queue.counts().all { it.state == CallState.SUCCEEDED } }
        }

        story("a callback that fails is retried by the policy of its queue", { world ->
            val times = AtomicInteger()
            handle(charge) { "paid" }
            callback("charged") {
                if (times.getAndIncrement() == 0) throw IOException("down")
                world.log += "attempt $attempt"
            }
        }) {
            queue.enqueue(charge, "42") { callback("charged") }.await() shouldBe "paid"
            log(1) shouldContainExactly listOf("attempt 2")
        }

        story("results that are bytes, nothing or an encoded value come back as they were returned", {
            val pair =
                PayloadCodec.of<Pair<Int, Int>>("pair", { "${it.first} ${it.second}".toByteArray() }, { bytes ->
                    bytes
                        .decodeToString()
                        .split(" ")
                        .map { it.toInt() }
                        .let { it[0] to it[1] }
                })
            handle(Target("bytes", PayloadCodec.Bytes, PayloadCodec.Bytes)) { it.reversedArray() }
            handle(Target("none", PayloadCodec.None, PayloadCodec.None)) { }
            handle(Target("pair", PayloadCodec.Text, pair)) { it.length to 2 }
        }) {
            val pair =
                PayloadCodec.of<Pair<Int, Int>>("pair", { "${it.first} ${it.second}".toByteArray() }, { bytes ->
                    bytes
                        .decodeToString()
                        .split(" ")
                        .map { it.toInt() }
                        .let { it[0] to it[1] }
                })
            queue.enqueue(Target("bytes", PayloadCodec.Bytes, PayloadCodec.Bytes), byteArrayOf(0, 1, -1)).await().toList() shouldBe
                listOf<Byte>(-1, 1, 0)
            queue.enqueue(Target("none", PayloadCodec.None, PayloadCodec.None), Unit).await() shouldBe Unit
            val handle = queue.enqueue(Target("pair", PayloadCodec.Text, pair), "seven")
            handle.await() shouldBe (5 to 2)
            queue.find(handle.cid)!!.response shouldBe Payload("5 2".toByteArray(), "pair")
        }

        story("a result that is too large is lost, and the call succeeds without another attempt", { world ->
            maxPayloadBytes = 1000
            handle(charge) { "r".repeat(1001).also { world.log += "charged" } }
        }) {
            val handle = queue.enqueue(charge, "42")
            handle.awaitEnd().run { "$state $attempts $failures $response" } shouldBe "SUCCEEDED 1 0 null"
            shouldThrow<ResultNotStoredException> { handle.await() }.cause?.message shouldContain
                "has 1001 bytes, more than the 1000 allowed"
            log shouldContainExactly listOf("charged")
        }

        story("a result that its codec cannot write is lost, and the call succeeds without another attempt", { world ->
            val mute = PayloadCodec.of<String>("mute", { error("no words") }, { "" })
            handle(Target("charge", PayloadCodec.Text, mute)) { "paid".also { world.log += "charged" } }
        }) {
            val handle = queue.enqueue(charge, "42")
            handle.awaitEnd().state shouldBe CallState.SUCCEEDED
            queue.errors(handle.cid).single().message shouldContain "the codec 'mute' cannot write the response of 'charge'"
            log shouldContainExactly listOf("charged")
        }

        story("calls that succeeded are counted and not kept if their handler says so; dead ones are kept", {
            policy { maxAttempts(1) }
            handle(charge, keepSucceeded = false) { if (it == "bad") error("bad") else it }
        }) {
            queue.enqueue(charge, "bad").awaitEnd().state shouldBe CallState.DEAD
            val gone = queue.enqueue(charge, "42")
            until { queue.find(gone.cid) == null }
            shouldThrow<UnknownCallException> { gone.await() }
            queue.errors(gone.cid).shouldBeEmpty()
            queue.counts().toSet() shouldBe setOf(CallCount.of("charge", CallState.DEAD, 1), CallCount.of("charge", CallState.SUCCEEDED, 1))
        }

        story("requests of calls that succeeded are not kept if their handler says so", {
            handle(charge, keepPayload = false) { if (it == "bad") reject("bad") else "paid $it" }
        }) {
            val (paid, bad) = queue.enqueueAll(charge, listOf("42", "bad")).onEach { it.awaitEnd() }
            paid.await() shouldBe "paid 42"
            queue.find(paid.cid)!!.request shouldBe Payload(ByteArray(0), "text")
            queue.find(bad.cid)!!.request shouldBe Payload("bad".toByteArray(), "text")
            queue.counts() shouldContain CallCount.of("charge", CallState.DEAD, 1)
        }
    }
