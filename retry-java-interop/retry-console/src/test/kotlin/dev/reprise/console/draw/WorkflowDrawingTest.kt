package dev.reprise.console.draw

import dev.reprise.console.Showcase
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class WorkflowDrawingTest : FunSpec({
    val showcase = Showcase()

    suspend fun svg(id: String) = WorkflowDrawing.of(showcase.workflows.read(id)!!)!!.toSvg()

    test("a reverted run shows the order of its reverts and the attempts of its controller") {
        val svg = svg("trip 41007")
        val words = Regex("<text class=\"(?:name|state)\"[^>]*>([^<]*)</text>").findAll(svg).map { it.groupValues[1] }.toList()

        words.filter { "attempt" in it } shouldContainExactly listOf("hotel · hotel_retry: 3 attempts")
        svg shouldContain "reverted, as number 1"
    }

    test("a run that succeeded names its states in words") {
        svg("trip 41006") shouldContain "<desc>trip: 5 success.</desc>"
    }

    test("every picture has a title, and arrows only between what follows each other") {
        val svg = svg("trip 41006")
        svg shouldContain "<title>Run trip 41006</title>"
        Regex("class=\"arrow\"").findAll(svg).count() shouldBe 5
    }
})
