package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.contextElement
import dev.reprise.retry
import dev.reprise.testing.Broken
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.micrometer.context.ContextRegistry
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.io.File
import java.net.URLClassLoader
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration.Companion.milliseconds

class MicrometerContextSpec : FunSpec({
    val tenant = ThreadLocal<String>()
    val pool = Executors.newFixedThreadPool(2)
    val seen = CopyOnWriteArrayList<String?>()
    val events = CopyOnWriteArrayList<String?>()

    fun RetryBuilder.threeTimes() =
        every(1.milliseconds)
            .maxAttempts(3)
            .on(Broken::class.java) { _ -> true.also { events += "rule ${tenant.get()}" } }
            .listener { events += "event ${tenant.get()}" }

    val retry = retry { threeTimes() }
    val all = listOf<String?>("acme", "acme", "acme")
    val allEvents = List(3) { listOf("rule acme", "event acme") }.flatten()

    beforeSpec { ContextRegistry.getInstance().registerThreadLocalAccessor("tenant", tenant) }
    beforeTest {
        seen.clear()
        events.clear()
        tenant.set("acme")
        repeat(2) { pool.submit { tenant.set("of an earlier task") }.get() }
    }
    afterTest { tenant.remove() }
    afterSpec {
        pool.shutdownNow()
        ContextRegistry.getInstance().removeThreadLocalAccessor("tenant")
    }

    test("a body on another thread has the caller's context in each attempt, and so have rules and listeners") {
        retry
            .supplyAsync(pool) {
                seen += tenant.get()
                throw Broken("down")
            }.handle { _, _ -> }
            .get(20, TimeUnit.SECONDS)
        seen shouldContainExactly all
        events.dropLast(1) shouldContainExactly allEvents
        events.last() shouldBe "event acme"
    }

    test("so it is where the body returns stages, which other threads complete") {
        retry
            .callAsync(pool) {
                seen += tenant.get()
                CompletableFuture.supplyAsync<String>({ throw Broken("down") }, pool)
            }.handle { _, _ -> }
            .get(20, TimeUnit.SECONDS)
        seen shouldContainExactly all
        events.dropLast(1) shouldContainExactly allEvents
    }

    test("what the caller did not have is not there either") {
        tenant.remove()
        retry.supplyAsync(pool) { seen += tenant.get() }.get(20, TimeUnit.SECONDS)
        seen shouldContainExactly listOf(null)
    }

    test("a blocking run has the context of its thread") {
        retry.outcomeBlocking {
            seen += tenant.get()
            throw Broken("down")
        }
        seen shouldContainExactly all
    }

    test("a coroutine has it wherever it continues, if it is in its context") {
        val context: CoroutineContext = contextElement()
        tenant.remove()
        withContext(pool.asCoroutineDispatcher() + context) {
            retry.outcome {
                yield()
                withContext(Dispatchers.Default) { seen += tenant.get() }
                throw Broken("down")
            }
        }
        seen shouldContainExactly all
        events.dropLast(1) shouldContainExactly allEvents
        pool.submit<String?> { tenant.get() }.get() shouldBe "of an earlier task"
    }

    test("so has a flow") {
        val context = contextElement()
        tenant.remove()
        var collections = 0
        val prices =
            flow {
                seen += tenant.get()
                if (++collections < 3) throw Broken("reset") else emit("price")
            }
        withContext(pool.asCoroutineDispatcher() + context) { prices.retry(retry).toList() } shouldBe listOf("price")
        seen shouldContainExactly all
    }

    test("without the library there is nothing to carry, and nothing breaks") {
        val folders = System.getProperty("java.class.path").split(File.pathSeparator).filterNot { "context-propagation" in it }
        URLClassLoader(folders.map { File(it).toURI().toURL() }.toTypedArray(), ClassLoader.getPlatformClassLoader()).use { loader ->
            val carrier = loader.loadClass("dev.reprise.internal.engine.MicrometerCarrier\$Companion")
            val companion = loader.loadClass("dev.reprise.internal.engine.MicrometerCarrier").getField("Companion").get(null)
            carrier.getMethod("orNull").invoke(companion) shouldBe null
        }
    }
})
