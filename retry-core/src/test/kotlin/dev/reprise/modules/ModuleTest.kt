package dev.reprise.modules

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import java.io.File
import java.lang.module.ModuleDescriptor
import java.lang.module.ModuleDescriptor.Requires.Modifier.STATIC

/** The core and the facade run this test on their own descriptor. */
class ModuleTest : FunSpec({
    val classes = File("target/classes")
    val module = File(classes, "module-info.class").inputStream().use { ModuleDescriptor.read(it) }

    test("the module exports its public packages, to everybody, and nothing else") {
        val packages =
            classes
                .walk()
                .filter { it.extension == "class" && it.name != "module-info.class" }
                .map {
                    it.parentFile
                        .relativeTo(classes)
                        .invariantSeparatorsPath
                        .replace('/', '.')
                }.toSet()
        module.exports().map { it.source() }.toSet() shouldBe packages.filterNot { "internal" in it.split('.') }.toSet()
        module.exports().filter { it.isQualified }.shouldBeEmpty()
        module.opens().shouldBeEmpty()
    }

    test("the module runs with nothing but the libraries of Kotlin") {
        val required = module.requires().filterNot { STATIC in it.modifiers() }.map { it.name() }
        val ours = setOf("java.base", "kotlin.stdlib", "kotlinx.coroutines.core", "dev.reprise.core")
        (required - ours).shouldBeEmpty()
    }
})
