package dev.reprise.internal.engine

import dev.reprise.Retry
import dev.reprise.retry
import dev.reprise.run.ContextCarrier
import dev.reprise.testing.Broken
import dev.reprise.testing.warningsOf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.milliseconds

/** The request that a thread works for, as a logging context or a trace keeps it. */
internal object Request {
    val onThread = ThreadLocal<String?>()
}

/** Found by the service loader, in the resources of these tests. */
internal open class RequestCarrier : ContextCarrier {
    override fun capture(): ContextCarrier.Snapshot? {
        val captured = Request.onThread.get() ?: return null
        if (captured == "broken") throw Broken("capture")
        return Captured(captured)
    }

    override fun write(
        captured: ContextCarrier.Snapshot,
        headers: MutableMap<String, String>,
    ) {
        headers["request"] = (captured as Captured).request
    }

    override fun read(headers: Map<String, String>): ContextCarrier.Snapshot? = headers["request"]?.let(::Captured)

    protected class Captured(
        val request: String,
    ) : ContextCarrier.Snapshot {
        override fun install(): AutoCloseable {
            val before = Request.onThread.get()
            Request.onThread.set(request)
            return AutoCloseable { Request.onThread.set(before) }
        }
    }
}

/** Carries the same, marked, so that it differs from what the service loader found. */
internal object ChosenCarrier : RequestCarrier() {
    override fun capture(): ContextCarrier.Snapshot? = Request.onThread.get()?.let { Captured("$it, chosen") }
}

private val chosen =
    retry {
        maxAttempts(3)
        carriers(ChosenCarrier)
    }

class ContextCarrierSpec : FunSpec({
    val pool = Executors.newFixedThreadPool(1)
    afterSpec { pool.shutdownNow() }
    afterTest { Request.onThread.remove() }

    val retry =
        retry {
            maxAttempts(3)
            every(1.milliseconds)
        }

    test("every attempt of a future has the context of the caller who started the run, and restores the thread's own") {
        Request.onThread.set("request 7")
        val stages = ArrayList<String?>()
        retry
            .callAsync(pool) {
                stages += Request.onThread.get()
                if (number < 3) CompletableFuture.failedFuture(Broken("a")) else CompletableFuture.completedFuture("third")
            }.get(20, TimeUnit.SECONDS) shouldBe "third"
        stages shouldContainExactly listOf("request 7", "request 7", "request 7")
        val values = ArrayList<String?>()
        retry
            .supplyAsync(pool) {
                values += Request.onThread.get()
                if (number < 3) throw Broken("a") else "third"
            }.get(20, TimeUnit.SECONDS) shouldBe "third"
        values shouldContainExactly listOf("request 7", "request 7", "request 7")
        pool.submit<String?> { Request.onThread.get() }.get() shouldBe null
    }

    test("an executor that captures the context at the hand-over captures the caller's") {
        Request.onThread.set("request 8")
        val captured = ArrayList<String?>()
        val capturing =
            Executor { task ->
                captured += Request.onThread.get()
                pool.execute(task)
            }
        retry.supplyAsync(capturing) { if (number < 3) throw Broken("a") else "third" }.get(20, TimeUnit.SECONDS) shouldBe "third"
        captured shouldContainExactly listOf("request 8", "request 8", "request 8")
    }

    test("carriers that are chosen carry instead of those of the process, also in a retry with further settings, and none carry nothing") {
        Request.onThread.set("request 9")

        fun seen(retry: Retry) = retry.supplyAsync(pool) { Request.onThread.get() }.get(20, TimeUnit.SECONDS)
        seen(chosen) shouldBe "request 9, chosen"
        seen(chosen.with { name("prices") }) shouldBe "request 9, chosen"
        seen(retry.with { carriers() }) shouldBe null
        seen(retry) shouldBe "request 9"
    }

    test("a carrier that throws is logged, and the run continues without it") {
        Request.onThread.set("broken")
        warningsOf {
            retry.supplyAsync(pool) { "fine" }.get(20, TimeUnit.SECONDS) shouldBe "fine"
        }.map { it.thrown.message } shouldContainExactly listOf("capture")
    }
})
