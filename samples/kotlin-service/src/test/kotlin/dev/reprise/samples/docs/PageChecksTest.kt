package dev.reprise.samples.docs

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly

class PageChecksTest :
    FunSpec({
        test("follows links to files and to headings, and no links in blocks or to other sites") {
            val readme = Page("README.md", "[b](guide/b.md), [`on`](guide/b.md#one-and-unless), [web](https://example.org/x)\n# A, b!")
            val block = "```\n[no](x.md)\n```"
            val b = Page("guide/b.md", "## `on<E>` and unless\n## Twice\n## Twice\n[a](../README.md#a-b) [2](#twice-1)\n$block")

            brokenLinks(listOf(readme, b)) { it in setOf("README.md", "guide/b.md") }.shouldBeEmpty()
        }

        test("reports a link to a missing file and one to a missing heading") {
            val page = Page("guide/a.md", "# A\n[b](b.md)\n[c](#c)")

            brokenLinks(listOf(page)) { it == "guide/a.md" }.shouldContainExactly(
                "guide/a.md line 2: the link b.md leads to guide/b.md, which does not exist",
                "guide/a.md line 3: the link #c needs a heading \"c\" in guide/a.md",
            )
        }

        test("reports a page of too many lines or bytes") {
            val pages = listOf(Page("a.md", "one\ntwo\nthree\n"), Page("b.md", "one\ntwo\n"))

            tooLong(pages) { Limit(lines = 2, bytes = 10) }.shouldContainExactly(
                "a.md has 3 lines, at most 2 are allowed",
                "a.md has 14 bytes, at most 10 are allowed",
            )
        }

        test("reports a section that is missing in the contents of a long page") {
            val short = Page("a.md", "## One\n## Two\n## Three")
            val long = Page("b.md", "[One](#one) · [Two](#two) · [Four](#four)\n## One\n## Two\n## Three\n## Four")

            missingContents(listOf(short, long)).shouldContainExactly("b.md: the section \"Three\" is missing in the contents")
        }
    })
