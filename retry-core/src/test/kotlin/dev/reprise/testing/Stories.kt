package dev.reprise.testing

import dev.reprise.RetryBuilder
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

/**
 * A test for each runner: the run that [configure] and [body] describe goes as [expected] says, line by line, and logs as many [warnings].
 * A runner without listeners does the same and reports nothing.
 */
internal fun FunSpec.story(
    name: String,
    configure: RetryBuilder.(World) -> Unit,
    body: Body,
    expected: String,
    warnings: Int = 0,
    check: Story.() -> Unit = {},
) = context(name) {
    RunnerUnderTest.all.forEach { runner ->
        test("$runner") {
            lateinit var story: Story
            warningsOf { story = runner.story(configure, body) }.size shouldBe warnings
            if (runner.isHeard) story.text shouldBe expected else story.bare shouldBe expected.withoutTold()
            story.check()
        }
    }
}
