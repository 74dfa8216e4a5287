package dev.reprise.samples.docs

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeInRange
import java.io.File

class SampleSizeTest :
    FunSpec({
        val root = generateSequence(File("").absoluteFile) { it.parentFile }.first { File(it, "README.md").exists() }

        for (sample in listOf("spring-orders", "ktor-orders", "java-http")) {
            test("$sample can be read at once: its code has at most 150 lines") {
                val code = File(root, "samples/$sample/src/main").walk().filter { it.extension in setOf("kt", "java") }
                code.sumOf { it.readLines().size } shouldBeInRange 1..150
            }
        }
    })
