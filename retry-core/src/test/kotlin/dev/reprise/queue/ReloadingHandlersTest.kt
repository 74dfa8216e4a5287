@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.internal.queue.use
import dev.reprise.queue.model.QueueClosedException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.File
import java.net.URLClassLoader
import java.util.concurrent.atomic.AtomicInteger
import java.util.jar.JarEntry
import java.util.jar.JarOutputStream
import javax.tools.ToolProvider
import kotlin.time.Duration.Companion.seconds

/** A handler of the class `shop.Charge`, whose code is [body]. */
private fun compiled(
    folder: File,
    version: Int,
    body: String,
): File {
    val source =
        """
        package shop;
        public class Charge implements dev.reprise.queue.model.CallHandler<String, String> {
            public Charge() { System.getProperties().put("loader of version $version", getClass().getClassLoader()); }
            public int getVersion() { return $version; }
            public Object handle(dev.reprise.queue.model.CallContext c, String it, kotlin.coroutines.Continuation<? super String> k) {
                $body
            }
        }
        """
    val file = File(folder, "shop/Charge.java").apply { parentFile.mkdirs() }
    file.writeText(source)
    val code = File(folder, "code").apply { mkdirs() }
    val path = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
    ToolProvider.getSystemJavaCompiler().run(null, null, null, "-proc:none", "-cp", path, "-d", code.path, file.path) shouldBe 0
    return code
}

private fun File.packInto(jar: File) {
    JarOutputStream(jar.outputStream()).use { out ->
        walk().filter { it.isFile }.forEach {
            out.putNextEntry(JarEntry(it.relativeTo(this).path))
            out.write(it.readBytes())
        }
    }
}

private fun TestScope.queue(handlers: ReloadingHandlers) =
    RetryQueue.on(memory()) {
        handle(charge, handlers.handler("shop.Charge"))
        policy {
            every(10.seconds)
            maxAttempts(5)
        }
    }

class ReloadingHandlersTest : FunSpec({
    val folder = tempdir()
    val numbers = AtomicInteger()

    fun newFolder() = File(folder, "${numbers.incrementAndGet()}").apply { mkdirs() }

    val broken = compiled(newFolder(), 1, "throw new IllegalStateException(\"a bug\");")
    val repaired = compiled(newFolder(), 2, "return \"repaired \" + it;")
    val repairedAgain = compiled(newFolder(), 3, "return \"repaired again \" + it;")

    test("the next attempt runs the repaired jar") {
        runTest {
            val dropped = newFolder()
            broken.packInto(File(dropped, "shop.jar"))
            ReloadingHandlers(dropped.toPath()).use { handlers ->
                val queue = queue(handlers)
                queue.start(backgroundScope)
                val handle = queue.enqueue(charge, "42")
                delay(5.seconds)
                repaired.packInto(File(dropped, "shop.jar"))
                handle.await() shouldBe "repaired 42"
                currentTime shouldBe 10_000
                with(queue.find(handle.cid)!!) { handlerVersion to counters.attempts } shouldBe (2 to 2)
            }
        }
    }

    test("a folder of classes works like a jar, and a missing one is a failure like any other") {
        runTest {
            val dropped = newFolder()
            ReloadingHandlers(dropped.toPath()).use { handlers ->
                val queue = queue(handlers)
                queue.start(backgroundScope)
                val handle = queue.enqueue(charge, "42")
                delay(5.seconds)
                repaired.copyRecursively(File(dropped, "classes"))
                handle.await() shouldBe "repaired 42"
                queue.errors(handle.cid).single().message shouldContain "the handler 'shop.Charge' cannot be loaded from $dropped"
                repairedAgain.copyRecursively(File(dropped, "classes"), overwrite = true)
                queue.enqueue(charge, "43").await() shouldBe "repaired again 43"
            }
        }
    }

    test("an attempt keeps the code it started with; after the last such attempt its loader is closed and its copy deleted") {
        val dropped = newFolder()
        repaired.packInto(File(dropped, "shop.jar"))
        val handlers = ReloadingHandlers(dropped.toPath())
        val one = handlers.handler<String, String>("shop.Charge").source.take()
        val two = handlers.handler<String, String>("shop.Charge").source.take()
        repairedAgain.packInto(File(dropped, "shop.jar"))
        val three = handlers.handler<String, String>("shop.Charge").source.take()
        listOf(one.version, two.version, three.version) shouldContainExactly listOf(2, 2, 3)
        val (old, new) = loaderOf(2) to loaderOf(3)
        one.release()
        old.isOpen() to old.copy().exists() shouldBe (true to true)
        two.release()
        old.isOpen() to old.copy().exists() shouldBe (false to false)
        three.release()
        new.isOpen() shouldBe true
        handlers.close()
        new.isOpen() to new.copy().exists() shouldBe (false to false)
        shouldThrow<QueueClosedException> { handlers.handler<String, String>("shop.Charge").source.take() }
    }

    test("a temporarily missing class makes an attempt fail, and it is retried") {
        runTest {
            var isDeployed = false
            val queue = RetryQueue.on(memory()) { handle(charge) { if (isDeployed) "paid" else throw NoClassDefFoundError("shop/Prices") } }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42")
            delay(5.seconds)
            isDeployed = true
            handle.await() shouldBe "paid"
            queue.errors(handle.cid).single().message shouldContain "shop/Prices"
        }
    }

    test("a half-copied jar makes an attempt fail, and the whole one makes the next succeed") {
        runTest {
            val dropped = newFolder()
            val whole = File(newFolder(), "shop.jar").also { repaired.packInto(it) }.readBytes()
            val jar = File(dropped, "shop.jar").apply { writeBytes(whole.copyOf(whole.size / 2)) }
            ReloadingHandlers(dropped.toPath()).use { handlers ->
                val queue = queue(handlers)
                queue.start(backgroundScope)
                val handle = queue.enqueue(charge, "42")
                delay(5.seconds)
                jar.writeBytes(whole)
                handle.await() shouldBe "repaired 42"
            }
        }
    }
})

/** The loader that the last handler of [version] came from. */
private fun loaderOf(version: Int) = System.getProperties()["loader of version $version"] as URLClassLoader

private fun URLClassLoader.isOpen() = findResource("shop/Charge.class") != null

private fun URLClassLoader.copy() = File(urLs.single().toURI())
