package dev.reprise.samples.docs

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.io.File

private const val GUIDE = "retry-core/guide"

/** README.md and the guide: their code is the code of the samples. `mvn test -Ddocs.update=true` renews the blocks. */
class DocsTest :
    FunSpec({
        val root = generateSequence(File("").absoluteFile) { it.parentFile }.first { File(it, "README.md").exists() }
        val guide = File(root, GUIDE).listFiles { file -> file.extension == "md" }.orEmpty().sorted()
        val files = listOf(File(root, "README.md")) + guide
        val folders = File(root, "samples").walk().onEnter { it.name != "target" }
        val sources = folders.filter { it.extension in setOf("kt", "java") && "docs" !in it.parentFile.name }
        val regions = sources.sorted().flatMap { regionsOf(it.name, it.readText()) }.toList()

        if (System.getProperty("docs.update") == "true") {
            files.forEach { it.writeText(renewed(it.readText(), regions)) }
        }
        val pages = files.map { Page(it.relativeTo(root).invariantSeparatorsPath, it.readText()) }

        test("every block is a region of a sample, and every region is shown") {
            differences(pages, regions).shouldBeEmpty()
        }

        test("the versions to install are those of the build") {
            val version = OUR_VERSION.find(File(root, "pom.xml").readText())?.groupValues?.get(1)
            version shouldNotBe null
            pages.flatMap { page -> OUR_VERSION.findAll(page.text).map { it.groupValues[1] } }.toSet() shouldBe setOf(version)
        }

        test("every link leads to a file or a heading") {
            brokenLinks(pages) { File(root, it).exists() }.shouldBeEmpty()
        }

        test("README.md has at most 300 lines and 16 KB, a page of the guide 350 lines") {
            tooLong(pages) { if (it.path == "README.md") Limit(lines = 300, bytes = 16 * 1024) else Limit(lines = 350) }.shouldBeEmpty()
        }

        test("a page of more than three sections lists them") {
            missingContents(pages.filter { it.path != "README.md" }).shouldBeEmpty()
        }

        test("the index of the guide links every page") {
            val index = pages.single { it.path == "$GUIDE/README.md" }
            val linked = index.links.map { (_, target) -> target.substringBefore('#') }.filterNot { '/' in it || it.isEmpty() }
            linked.toSet() shouldContainExactlyInAnyOrder guide.map { it.name } - "README.md"
        }
    })

/** The version of one of our artifacts, in Maven's notation or in Gradle's. */
private val OUR_VERSION = Regex("dev\\.reprise(?:</groupId>\\s*<artifactId>[^<]+</artifactId>\\s*<version>|:[a-z-]+:)([^<\"`\\s]+)")
