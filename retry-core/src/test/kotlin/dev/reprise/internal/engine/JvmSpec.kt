package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.retry
import dev.reprise.run.Attempt
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryTimer
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import jdk.jfr.Recording
import jdk.jfr.consumer.RecordingFile
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.test.runTest
import java.lang.management.ManagementFactory
import java.time.Duration.ZERO
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.function.BooleanSupplier
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toKotlinDuration

/** Programs that run in a separate JVM, to check whether it ends. */
internal object Programs {
    @JvmStatic
    fun main(arguments: Array<String>) {
        when (arguments.single()) {
            "future" -> {
                retry {
                    forever()
                    every(1.hours)
                }.callAsync<Unit> { CompletableFuture.failedFuture(Broken("a")) }
                println("main ends")
            }

            "blocking" -> {
                Thread {
                    println(
                        retry {
                            forever()
                            every(1.milliseconds)
                        }.callBlocking {
                            if (number <
                                5
                            ) {
                                throw Broken("a")
                            } else {
                                "call 5"
                            }
                        },
                    )
                }.start()
            }

            "shutdown" -> {
                waitForShutdown()
            }

            "await" -> {
                awaitShutdown()
            }

            "loader" -> {
                println(fateOfLoader())
            }

            "late" -> {
                Runtime.getRuntime().addShutdownHook(Thread { println(StopSignal.onShutdown()) })
            }
        }
    }

    private fun awaitShutdown() {
        val retry =
            retry {
                stopWhen(StopSignal.onShutdown(await = 60.seconds))
                every(1.hours)
                beforeRetry { Thread { Runtime.getRuntime().exit(0) }.start() }
                listener {
                    if (it is RetryEvent.GaveUp) {
                        while (!isShutdownWaiting()) Thread.onSpinWait()
                        println("gave up: ${it.stopReason}")
                    }
                }
            }
        Thread { retry.outcomeBlocking { throw Broken("a") } }.start()
    }

    private fun isShutdownWaiting() =
        Thread.getAllStackTraces().keys.any { it.name.startsWith("reprise-shutdown") && it.state == Thread.State.TIMED_WAITING }

    private fun waitForShutdown() {
        val main = Thread.currentThread()
        Runtime.getRuntime().addShutdownHook(Thread { main.join() })
        val thrown =
            shouldThrow<Broken> {
                retry {
                    stopWhen(StopSignal.onShutdown())
                    every(1.hours)
                    beforeRetry { Thread { Runtime.getRuntime().exit(0) }.start() }
                }.callBlocking { throw Broken("a") }
            }
        println("ended by ${thrown.retryReport!!.stopReason}")
    }
}

private fun outputOf(program: String): String {
    val java =
        ProcessHandle
            .current()
            .info()
            .command()
            .get()
    val classPath = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
    val process =
        ProcessBuilder(java, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", classPath, Programs::class.java.name, program)
            .redirectErrorStream(true)
            .start()
    try {
        check(process.waitFor(60, TimeUnit.SECONDS)) { "the JVM does not end" }
        return "${process.inputReader().readText().trim()}, exit code ${process.exitValue()}"
    } finally {
        process.destroyForcibly()
    }
}

/** The monitors that frames of the library hold on this thread. */
private fun heldMonitors(): List<String> {
    val threads = ManagementFactory.getThreadMXBean()
    return threads
        .getThreadInfo(longArrayOf(Thread.currentThread().id), true, false)
        .single()
        .lockedMonitors
        .map { it.lockedStackFrame.className }
        .filter { it.startsWith("dev.reprise.") && "Spec" !in it }
}

class JvmSpec : FunSpec({
    test("a signal that is created while the JVM shuts down is triggered") {
        outputOf("late") shouldBe "StopSignal(stopped: the JVM shuts down), exit code 0"
    }

    test("threads do not retain the class loader of the code that first needed one") {
        outputOf("loader") shouldBe "collected, exit code 0"
    }

    test("a future that waits does not keep the JVM alive") { outputOf("future") shouldBe "main ends, exit code 0" }

    test("a run on its own thread keeps the JVM alive as that thread does") { outputOf("blocking") shouldBe "call 5, exit code 0" }

    test("a JVM that shuts down triggers the signal, and the run ends while a hook waits for it") {
        outputOf("shutdown") shouldBe "ended by STOPPED, exit code 0"
    }

    test("a signal that awaits holds the JVM until the runs that listen to it have ended") {
        outputOf("await") shouldBe "gave up: STOPPED, exit code 0"
    }

    test("a signal that awaits does not wait longer than its limit, and not at all without a run") {
        val signal = StopSignal()
        signal.awaitRuns(1.hours) shouldBe true
        retry { stopWhen(signal) }.callBlocking { signal.awaitRuns(1.milliseconds) } shouldBe false
        signal.awaitRuns(1.hours) shouldBe true
    }

    test("a signal is informed of the end of a run, in every runner") {
        val signal = StopSignal()
        val retry = retry { stopWhen(signal) }
        val body = { if (signal.awaitRuns(ZERO.toKotlinDuration())) error("the run is not counted") else "counted" }
        retry.callBlocking { body() } shouldBe "counted"
        retry.outcomeBlocking { body() }.getOrThrow() shouldBe "counted"
        retry.supplyAsync { body() }.get(20, TimeUnit.SECONDS) shouldBe "counted"
        retry.callAsync { CompletableFuture.completedFuture(body()) }.get(20, TimeUnit.SECONDS) shouldBe "counted"
        retry.supplyAsync<Unit>({ }) { error("an attempt starts") }.cancel(true)
        runTest {
            retry { body() } shouldBe "counted"
            flow { emit(body()) }.retry(retry).first() shouldBe "counted"
        }
        signal.awaitRuns(20.seconds) shouldBe true
    }

    test("no user code and no sleep runs under a lock") {
        val held = ArrayList<String>()
        val timer =
            object : RetryTimer by RetryTimer.system {
                override fun sleep(
                    nanos: Long,
                    isWoken: BooleanSupplier,
                ) {
                    held += heldMonitors()
                }
            }
        val signal = StopSignal()
        val watched: RetryBuilder.() -> RetryBuilder = {
            testing { timer(timer) }
            maxAttempts(3)
            every(1.milliseconds)
            stopWhen(signal, grace = 1.seconds)
            attemptTimeout(60.seconds)
            budget(RetryBudget())
            listener { held += heldMonitors() }
            on<Broken> {
                held += heldMonitors()
                true
            }
            onResult<AutoCloseable> {
                held += heldMonitors()
                true
            }
            retryAfter {
                held += heldMonitors()
                null
            }
            failureTester {
                held += heldMonitors();
                {
                    held += heldMonitors()
                    null
                }
            }
        }
        val body: Attempt.() -> Any = {
            held += heldMonitors()
            if (number == 1) throw Broken("a") else AutoCloseable { held += heldMonitors() }
        }
        repeat(2) { shouldThrow<RuntimeException> { retry { watched() }.callBlocking(body) } }
        retry { watched() }.supplyAsync(Runnable::run, body).handle { _, _ -> held += heldMonitors() }.get(20, TimeUnit.SECONDS)
        runTest { shouldThrow<RuntimeException> { retry { watched() }.invoke { body() } } }
        held.shouldBeEmpty()
        // The check of the locks detects one that is held.
        val lock = Any()
        synchronized(lock) { ManagementFactory.getThreadMXBean().getThreadInfo(longArrayOf(Thread.currentThread().id), true, false)[0] }
            .lockedMonitors.size shouldBe 1
    }

    test("virtual threads are not pinned by a run").config(enabled = Runtime.version().feature() >= 21) {
        val threads = Executors::class.java.getMethod("newVirtualThreadPerTaskExecutor").invoke(null) as ExecutorService
        val file = tempfile("pinned", ".jfr").toPath()
        Recording().use { recording ->
            recording.enable("jdk.VirtualThreadPinned").withThreshold(ZERO).withStackTrace()
            recording.start()
            val ends =
                List(500) {
                    threads.submit {
                        retry {
                            maxAttempts(4)
                            every(1.milliseconds)
                            attemptTimeout(60.seconds)
                            stopWhen(StopSignal(), grace = 1.seconds)
                        }.callBlocking { if (number < 4) throw Broken("a") }
                    }
                }
            ends.forEach { it.get(60, TimeUnit.SECONDS) }
            recording.stop()
            recording.dump(file)
        }
        threads.shutdown()
        val pinnedByUs =
            RecordingFile.readAllEvents(file).filter { event ->
                event.stackTrace?.frames?.any {
                    it.method.type.name
                        .startsWith("dev.reprise")
                } == true
            }
        pinnedByUs.shouldBeEmpty()
    }
})
