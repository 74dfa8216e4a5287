package dev.reprise.samples.docs

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe

class BlocksTest :
    FunSpec({
        test("finds a region without its indentation") {
            val source = "fun f() {\n    // docs:begin open\n    if (x) {\n        open()\n    }\n    // docs:end\n}"
            regionsOf("F.kt", source) shouldBe listOf(Region(Key("open", "kotlin"), "if (x) {\n    open()\n}"))
        }

        test("reports a block that differs, one without a label, one without a region, and a region that no page shows") {
            val page =
                """
                |<!-- sample: same -->
                |```kotlin
                |open()
                |```
                |<!-- sample: drifted -->
                |```kotlin
                |open(twice)
                |```
                |```java
                |open();
                |```
                |<!-- sample: invented -->
                |```java
                |open();
                |```
                |<!-- other library -->
                |```java
                |RetryTemplate.open();
                |```
                """.trimMargin()
            val samples = listOf("same", "drifted", "forgotten").map { Region(Key(it, "kotlin"), "open()") }

            differences(listOf(Page("a.md", page)), samples).shouldContainExactly(
                "a.md line 6: drifted (kotlin) differs from its sample; run with -Ddocs.update=true to renew it",
                "a.md line 9: a java block without a label; write <!-- sample: name --> above it",
                "a.md line 13: no sample has a region invented (java)",
                "no page shows the region forgotten (kotlin)",
            )
        }

        test("reports two regions with the same name") {
            val open = Region(Key("open", "kotlin"), "open()")
            val page = Page("a.md", "<!-- sample: open -->\n```kotlin\nopen()\n```")
            differences(listOf(page), listOf(open, open)).shouldContainExactly("two regions are named open (kotlin)")
        }

        test("renews a block from its region, longer or shorter, and leaves everything else unchanged") {
            val before = "# A\n<!-- sample: a -->\n```kotlin\nold\nlines\n```\ntext\n<!-- sample: b -->\n```java\n```\n"
            val samples = listOf(Region(Key("a", "kotlin"), "new()"), Region(Key("b", "java"), "one();\ntwo();"))

            renewed(before, samples) shouldBe
                "# A\n<!-- sample: a -->\n```kotlin\nnew()\n```\ntext\n<!-- sample: b -->\n```java\none();\ntwo();\n```\n"
        }
    })
