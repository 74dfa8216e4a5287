@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.maps.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.runTest

class LabelsTest :
    FunSpec({
        val invoice = Target("invoice", PayloadCodec.Text, PayloadCodec.Text, describe = { "invoice $it" })

        suspend fun enqueued(
            target: Target<String, *> = charge,
            request: String = "42",
            block: CallOptions.() -> Unit = {},
        ): Call = RetryQueue.inMemory().run { find(enqueue(target, request, block).cid)!! }

        suspend fun refusal(block: CallOptions.() -> Unit) = shouldThrow<InvalidCallException> { enqueued(block = block) }.message

        test("the title is that of the options, otherwise what the target makes of the request, in one short line") {
            val titles =
                listOf(
                    enqueued().title,
                    enqueued(invoice).title,
                    enqueued(invoice) { title = "mine" }.title,
                    enqueued(invoice, "a\nb").title,
                    enqueued(invoice, "x".repeat(500)).title?.length,
                )
            titles shouldContainExactly listOf(null, "invoice 42", "mine", "invoice a b", 200)
        }

        test("what breaks a limit is refused with the limit") {
            refusal { tags(*Array(11) { "t$it" }) } shouldBe "a call has at most 10 tags, but 11 were set"
            refusal { tags("") } shouldBe "a tag must not be empty"
            refusal { tags("x".repeat(101)) } shouldBe
                "a tag must have at most 100 characters, but has 101: '${"x".repeat(40)}…'; a digest of it would do"
            refusal { title = "x".repeat(201) } shouldBe
                "title must have at most 200 characters, but has 201: '${"x".repeat(40)}…'; a digest of it would do"
            refusal { repeat(21) { header("h$it", "") } } shouldBe "a call has at most 20 headers, but 21 were set"
            refusal { header("h", "x".repeat(8192)) } shouldBe
                "the headers of a call have at most 8192 bytes, but have 8193: send the rest in the request"
            refusal { header("a:b", "") } shouldBe
                "the name of a header must not be empty, nor hold colons or control characters, but is 'a:b'"
            refusal { header("h", "a\nb") } shouldBe "the header 'h' must not hold control characters"
        }
    })
