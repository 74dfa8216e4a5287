package dev.reprise.internal.queue.operate

import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.InvalidCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.io.File
import java.util.jar.Attributes
import java.util.jar.JarOutputStream
import java.util.jar.Manifest

class ApplicationVersionTest : FunSpec({
    val folder = tempdir()

    fun jar(version: String?): String {
        val manifest = Manifest()
        manifest.mainAttributes[Attributes.Name.MANIFEST_VERSION] = "1.0"
        if (version != null) manifest.mainAttributes[Attributes.Name.IMPLEMENTATION_VERSION] = version
        val file = File(folder, "app-$version.jar")
        JarOutputStream(file.outputStream(), manifest).close()
        return file.path
    }

    test("it is that of the jar that was started, or of the jar that has the main class; otherwise it is unknown") {
        val programs = listOf(jar("7.2.0"), jar(null), File(folder, "missing.jar").path, "missing.Main", "", "dev.reprise.Retry")
        programs.map { ApplicationVersion.of(it) } shouldContainExactly listOf("7.2.0", null, null, null, null, null)
        ApplicationVersion.of("kotlin.Unit")!!.substringBefore('-') shouldBe "${KotlinVersion.CURRENT}"
    }

    test("a version that no line can hold is refused") {
        shouldThrow<InvalidCallException> { RetryQueueBuilder.settings { applicationVersion = "7.2.0\tbeta" } }.message shouldBe
            "the application version must not hold control characters, but is '7.2.0\uFFFDbeta'"
    }
})
