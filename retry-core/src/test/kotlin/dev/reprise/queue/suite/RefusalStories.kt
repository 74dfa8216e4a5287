package dev.reprise.queue.suite

import dev.reprise.RetryPolicies
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.KeyTooLongException
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.PayloadTooLargeException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.UnknownHandlerException
import dev.reprise.retry
import dev.reprise.run.StopSignal
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlin.time.Duration.Companion.seconds

private val small: RetryQueueBuilder.(World) -> Unit = {
    maxPayloadBytes = 3
    handle(charge) { it }
}

private suspend inline fun <reified E : Throwable> World.refusal(
    text: String = "",
    noinline block: CallOptions.() -> Unit = {},
): String = shouldThrow<E> { queue.enqueue(charge, text, block) }.message.orEmpty()

/** What is refused, with the value and what fixes it; nothing is accepted then. */
internal val refusalStories =
    stories {
        story("what is too large is refused with its size and the limit", small) {
            refusal<PayloadTooLargeException>("four") shouldBe
                "a payload of 'charge' has 4 bytes, more than the 3 allowed; store it elsewhere and send its address, or raise maxPayloadBytes"
            refusal<PayloadTooLargeException> { context = "four" } shouldContain "the context of a call to 'charge' has 4 bytes"
            queue.counts().shouldBeEmpty()
        }

        story("keys that no store takes are refused", small) {
            refusal<KeyTooLongException> { uniqueKey = "k".repeat(201) } shouldContain
                "uniqueKey must have at most 200 characters, but has 201"
            refusal<InvalidCallException> { orderKey = "" } shouldBe "orderKey must not be empty"
            refusal<InvalidCallException> { orderKey = "a\nb" } shouldContain "orderKey must not hold control characters"
            queue.counts().shouldBeEmpty()
        }

        story("options out of their range are refused", small) {
            refusal<InvalidCallException> { priority = 10 } shouldBe "priority must be from 0 to 9, but was 10"
            refusal<InvalidCallException> { delay = (-1).seconds } shouldBe "delay must not be negative, but was -1s"
            refusal<InvalidCallException> { tags(*Array(11) { "t$it" }) } shouldBe "a call has at most 10 tags, but 11 were set"
            queue.counts().shouldBeEmpty()
        }

        story("a policy that cannot be stored, or that nothing ends, is refused", small) {
            refusal<IllegalStateException> { policy { failureTester { { null } }.forever() } } shouldContain "failureTester"
            val stopped = retry { stopWhen(StopSignal()) }.policy
            refusal<IllegalArgumentException> { policy(stopped) } shouldContain "add forever()"
            refusal<IllegalArgumentException> { policy(RetryPolicies.zato(3)) } shouldContain "neither was set"
            queue.counts().shouldBeEmpty()
        }

        story("a callback by its name must be registered here and take an outcome", small) {
            refusal<UnknownHandlerException> { callback("charged") } shouldContain
                "no handler is registered as 'charged'; registered are [charge]"
            refusal<InvalidCallException> { callback("charge") } shouldContain "the handler 'charge' takes 'text', not a CallOutcome"
            queue.counts().shouldBeEmpty()
        }

        story("a request that its codec cannot write is refused", small) {
            val mute = Target("charge", PayloadCodec.of<String>("mute", { error("no words") }, { "" }), PayloadCodec.Text)
            shouldThrow<InvalidCallException> { queue.enqueue(mute, "42") }.message shouldContain
                "the codec 'mute' of 'charge' cannot write a java.lang.String"
            queue.counts().shouldBeEmpty()
        }
    }
