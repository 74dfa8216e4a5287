package dev.reprise.internal.util

import dev.reprise.RetryPolicy
import dev.reprise.queue.RetryQueue
import dev.reprise.workflow.WorkflowEngine
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import io.kotest.matchers.types.shouldBeInstanceOf
import java.io.File
import java.lang.reflect.InvocationTargetException
import java.net.URLClassLoader

class CoroutinesVersionTest : FunSpec({
    val folder = tempdir()

    test("an older version is named, with the one that is needed") {
        CoroutinesVersion.problemOf("1.7.3")!! shouldStartWith "kotlinx-coroutines 1.7.3 found, 1.8.1 or newer needed: declare "
        CoroutinesVersion.problemOf("1.8.0")!! shouldStartWith "kotlinx-coroutines 1.8.0 found"
    }

    test("everything else is accepted, and so is a version that cannot be read") {
        listOf(
            "1.8.1",
            "1.10.2",
            "1.11.0-rc02",
            "2.0.0\n",
            "1.9",
            "unknown",
            "",
            null,
        ).mapNotNull { CoroutinesVersion.problemOf(it) } shouldBe
            emptyList()
    }

    /** Our classes and all libraries, where the coroutines say that they are version 1.7.3. */
    fun withOlderCoroutines(create: (ClassLoader) -> Unit): Throwable {
        File(folder, "META-INF").mkdirs()
        File(folder, "META-INF/kotlinx_coroutines_core.version").writeText("1.7.3")
        val path = listOf(folder) + System.getProperty("java.class.path").split(File.pathSeparator).map { File(it) }
        return URLClassLoader(path.map { it.toURI().toURL() }.toTypedArray(), ClassLoader.getPlatformClassLoader()).use { loader ->
            shouldThrow<InvocationTargetException> { create(loader) }.targetException
        }
    }

    test("a retry cannot be created on an older version") {
        val failure =
            withOlderCoroutines { loader ->
                val type = loader.loadClass(RetryPolicy::class.java.name)
                val policy = type.getMethod("parse", String::class.java).invoke(null, "every(1s) maxAttempts(3)")
                type.getMethod("toRetry").invoke(policy)
            }
        failure.shouldBeInstanceOf<IllegalStateException>().message!! shouldStartWith "kotlinx-coroutines 1.7.3 found"
    }

    test("nor can a workflow engine or a queue") {
        val engine = withOlderCoroutines { it.loadClass(WorkflowEngine::class.java.name).getConstructor().newInstance() }
        engine.shouldBeInstanceOf<IllegalStateException>().message!! shouldStartWith "kotlinx-coroutines 1.7.3 found"
        val queue =
            withOlderCoroutines { loader ->
                val type = loader.loadClass(RetryQueue::class.java.name)
                val companion = type.getField("Companion").get(null)
                companion.javaClass.methods
                    .single { it.name == "inMemory\$default" }
                    .invoke(null, companion, null, 1, null)
            }
        queue.shouldBeInstanceOf<IllegalStateException>().message!! shouldStartWith "kotlinx-coroutines 1.7.3 found"
    }
})
