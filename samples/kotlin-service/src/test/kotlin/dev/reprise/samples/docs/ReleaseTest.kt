package dev.reprise.samples.docs

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import java.io.File

class ReleaseTest : FunSpec({
    test("a release publishes no sample") {
        val root = generateSequence(File("").absoluteFile) { it.parentFile }.first { File(it, "README.md").exists() }
        val samples = File(root, "samples").walk().maxDepth(2).filter { it.name == "pom.xml" && "target" !in it.path }

        val excluded = Regex("<excludeArtifact>(.*)</excludeArtifact>").findAll(File(root, "pom.xml").readText()).map { it.groupValues[1] }
        excluded.toList() shouldContainExactlyInAnyOrder samples.map { it.parentFile.name }.toList()
    }
})
