package dev.reprise.samples.readme

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.io.File

/** The code in the README is the code of the samples. `mvn test -Dreadme.update=true` renews the blocks from the samples. */
class ReadmeTest :
    FunSpec({
        val root = generateSequence(File("").absoluteFile) { it.parentFile }.first { File(it, "README.md").exists() }
        val readme = File(root, "README.md")
        val sources = File(root, "samples").walk().filter { it.extension in setOf("kt", "java") && "readme" !in it.parentFile.name }
        val regions = sources.sorted().flatMap { regionsOf(it.name, it.readText()) }.toList()

        test("every block of the README is a region of a sample, and every region is shown") {
            if (System.getProperty("readme.update") == "true") readme.writeText(renewed(readme.readText(), regions))
            complaints(readme.readText(), regions).shouldBeEmpty()
        }

        test("the versions to install are those of the build") {
            val version = VERSION.find(File(root, "pom.xml").readText())?.groupValues?.get(1)
            version shouldNotBe null
            val shown = VERSION.findAll(readme.readText()).map { it.groupValues[1] }.toSet()
            shown shouldBe setOf(version)
        }

        test("finds a region without its indentation") {
            val source = "fun f() {\n    // readme:begin open\n    if (x) {\n        open()\n    }\n    // readme:end\n}"
            regionsOf("F.kt", source) shouldBe listOf(Region(Key("open", "kotlin"), "if (x) {\n    open()\n}"))
        }

        test("complains about a block that differs, one without a label, one without a region, and a region that is not shown") {
            val synthetic =
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
                """.trimMargin()
            val samples = listOf("same", "drifted", "forgotten").map { Region(Key(it, "kotlin"), "open()") }

            complaints(synthetic, samples).shouldContainExactly(
                "README line 6: drifted (kotlin) differs from its sample; -Dreadme.update=true renews it",
                "README line 9: a java block without a label; write <!-- sample: name --> above it",
                "README line 13: no sample has a region invented (java)",
                "region forgotten (kotlin) is not shown in the README",
            )
        }

        test("renews a block from its region, longer or shorter, and leaves the rest as it is") {
            val before = "# A\n<!-- sample: a -->\n```kotlin\nold\nlines\n```\ntext\n<!-- sample: b -->\n```java\n```\n"
            val samples = listOf(Region(Key("a", "kotlin"), "new()"), Region(Key("b", "java"), "one();\ntwo();"))

            renewed(before, samples) shouldBe
                "# A\n<!-- sample: a -->\n```kotlin\nnew()\n```\ntext\n<!-- sample: b -->\n```java\none();\ntwo();\n```\n"
        }
    })

private val VERSION = Regex("<version>([^<]+-SNAPSHOT|[0-9.]+)</version>")
