package dev.reprise.console.draw

import dev.reprise.RetryPolicy
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File

/** The pictures of the common schedules in the guide: `-Dpictures.update=true` renders them again. */
class SchedulePicturesTest : FunSpec({
    val guide = File("../../retry-core/guide")
    val page = File(guide, "retry.md").readText()

    for ((name, notation) in mapOf(
        "fixed" to "every(10s) maxAttempts(11)",
        "exponential" to "exponential(1s, max=30s) jitter(none) maxAttempts(11)",
        "full-jitter" to "exponential(1s, max=30s) maxAttempts(11)",
        "equal-jitter" to "exponential(1s, max=30s) jitter(equal) maxAttempts(11)",
        "decorrelated-jitter" to "exponential(1s, max=30s) jitter(decorrelated) maxAttempts(11)",
        "some-jitter" to "every(10s) jitter(0.2) maxAttempts(11)",
    )) {
        test("the picture of $notation is what the drawing gives, and is in the guide") {
            val svg = PolicyDrawing.of(RetryPolicy.parse(notation)).toSvg(width = 400, height = 200, isLinear = true)
            val file = File(guide, "pictures/schedule-$name.svg")
            if (System.getProperty("pictures.update") == "true") file.writeText(svg)

            file.readText() shouldBe svg
            page shouldContain "](pictures/schedule-$name.svg)"
            page shouldContain "`$notation`"
        }
    }
})
