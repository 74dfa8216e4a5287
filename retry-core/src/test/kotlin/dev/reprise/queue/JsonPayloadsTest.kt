package dev.reprise.queue

import dev.reprise.internal.queue.use
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.json
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.test.runTest
import kotlinx.serialization.builtins.ListSerializer
import kotlinx.serialization.builtins.MapSerializer
import kotlinx.serialization.builtins.serializer
import java.io.File
import java.net.URLClassLoader

private val prices = PayloadCodec.json(MapSerializer(String.serializer(), Int.serializer()))

/** Where the library is compiled to. */
private val classes =
    File(
        RetryQueue::class.java.protectionDomain.codeSource.location
            .toURI(),
    )

class JsonPayloadsTest : FunSpec({
    test("requests and responses are JSON in the store, and values in the handler") {
        runTest {
            val sum = Target("sum", prices, PayloadCodec.json(ListSerializer(Int.serializer())))
            val queue = RetryQueue.on(InMemoryCallStore()) { handle(sum) { it.values.sorted() } }
            queue.start(backgroundScope)
            val handle = queue.enqueue(sum, mapOf("tea" to 4, "cup" to 3))
            handle.await() shouldContainExactly listOf(3, 4)
            with(queue.find(handle.cid)!!) {
                request.toString() shouldBe "Payload(json, version 1, 17 bytes)"
                request.bytes.decodeToString() shouldBe """{"tea":4,"cup":3}"""
                response!!.bytes.decodeToString() shouldBe "[3,4]"
            }
        }
    }

    test("invalid JSON is a failure that says so") {
        shouldThrow<Exception> { prices.decode("[1]".toByteArray(), 1) }.message shouldContain "Expected start of the object"
    }

    test("only this codec needs the JSON library") {
        HiddenSerialization().use { loader ->
            val names =
                listOf("queue", "internal/queue")
                    .flatMap { File(classes, "dev/reprise/$it").walk() }
                    .filter { it.extension == "class" && !it.name.startsWith("JsonPayloads") }
                    .map {
                        it
                            .relativeTo(classes)
                            .path
                            .removeSuffix(".class")
                            .replace('/', '.')
                    }
            names.size shouldBeGreaterThan 50
            // Reading the signatures of a class loads the classes in them.
            for (name in names) Class.forName(name, true, loader).run { listOf(declaredMethods, declaredConstructors, declaredFields) }
            shouldThrow<NoClassDefFoundError> { Class.forName("dev.reprise.queue.model.JsonPayloadsKt", true, loader).declaredMethods }
        }
    }
})

/** Loads the library again, without `kotlinx.serialization`. */
private class HiddenSerialization : URLClassLoader(
    arrayOf(classes.toURI().toURL()),
    JsonPayloadsTest::class.java.classLoader,
) {
    override fun loadClass(
        name: String,
        resolve: Boolean,
    ): Class<*> {
        if (name.startsWith("kotlinx.serialization.")) throw ClassNotFoundException(name)
        if (!name.startsWith("dev.reprise.")) return super.loadClass(name, resolve)
        return findLoadedClass(name) ?: findClass(name)
    }
}
