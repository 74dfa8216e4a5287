package dev.reprise.console.draw

import dev.reprise.RetryPolicy
import dev.reprise.console.internal.html.html
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlin.time.Duration.Companion.seconds

private fun drawing(
    notation: String,
    vararg past: PastDelay,
) = PolicyDrawing.of(RetryPolicy.parse(notation), past.toList())

private fun rows(drawing: PolicyDrawing): List<String> =
    Regex("<tr><th scope=\"row\">(.*?)</tr>")
        .findAll(
            html {
                with(drawing) { table() }
            },
        ).map {
            it.groupValues[1]
                .replace(Regex("<[^>]*>+"), " ")
                .trim()
                .replace(Regex(" +"), " ")
        }.toList()

class PolicyDrawingTest : FunSpec({
    test("the delays of a policy without jitter, and those that a run has had") {
        rows(drawing("delays(1s, 2s, 5s)", PastDelay(1, 1.seconds), PastDelay(2, 4.seconds))) shouldContainExactly
            listOf("1 1s 1s 1s 1s 1s", "2 2s 2s 2s 3s 4s", "3 5s 5s 5s 8s –")
    }

    test("full jitter is a band from nothing to the whole delay") {
        val description = drawing("exponential(10s, max=10s) maxAttempts(3)").description
        description shouldContain "before 2 retries. The run gives up after 3 attempts"
    }

    test("the same policy gives the same picture, which is complete as a file") {
        val svg = drawing("exponential(1s, max=1m) maxAttempts(9)").toSvg()
        svg shouldBe drawing("exponential(1s, max=1m) maxAttempts(9)").toSvg()
        svg shouldContain "<svg xmlns=\"http://www.w3.org/2000/svg\""
        svg shouldContain "<title>Delays of exponential(1s, factor=2, max=1m)".substringBefore(',')
        svg shouldContain "<desc>"
        svg shouldNotContain "style="
    }

    test("a policy without an end is drawn for its first delays, and says so") {
        drawing("every(1m) forever").description shouldBe "Delays from 1m to 1m before 40 retries. The run continues after 1000 retries."
    }

    test("a policy of one attempt has nothing to draw") {
        drawing("maxAttempts(1)").description shouldBe "One attempt, no retry."
        rows(drawing("maxAttempts(1)")).shouldContainExactly()
    }

    test("a policy of thousands of attempts has a table that people can read") {
        rows(drawing("every(1m) maxAttempts(900)")).size shouldBe 24
    }
})
