package dev.reprise.internal.engine

import dev.reprise.internal.util.DaemonThreads
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.retry
import dev.reprise.run.RetryTimer
import dev.reprise.run.SystemTimer
import dev.reprise.testing.Broken
import dev.reprise.testing.warningsOf
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import java.net.URLClassLoader
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.ThreadFactory
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration.Companion.milliseconds

/** A process that cannot create a worker thread while [isExhausted]. */
private class ScarceThreads {
    @Volatile
    var isExhausted = false

    val timer =
        SystemTimer { name ->
            val threads = DaemonThreads(name)
            ThreadFactory { task ->
                if (isExhausted && name == "reprise-worker") throw OutOfMemoryError("unable to create native thread")
                threads.newThread(task)
            }
        }
}

/** Real threads: virtual time cannot show a missing thread. */
class ScarceThreadsSpec : FunSpec({
    test("a delay ends although no thread can be created, and the next attempt runs on the caller's executor") {
        val threads = ScarceThreads().apply { isExhausted = true }
        val own = Executors.newFixedThreadPool(1)
        lateinit var end: CompletableFuture<String>
        warningsOf {
            end =
                retry {
                    every(1.milliseconds)
                    maxAttempts(3)
                    testing { timer(threads.timer) }
                }.callAsync(own) {
                    if (number < 3) CompletableFuture.failedFuture(Broken("a")) else CompletableFuture.completedFuture("third")
                }
            end.get(20, TimeUnit.SECONDS) shouldBe "third"
        }.shouldNotBeEmpty()
        own.shutdown()
    }

    test("a blocking attempt is cancelled at its timeout although no thread can be created") {
        val threads = ScarceThreads().apply { isExhausted = true }
        warningsOf {
            val start = System.nanoTime()
            shouldThrow<AttemptTimeoutException> {
                retry {
                    attemptTimeout(20.milliseconds)
                    maxAttempts(1)
                    testing { timer(threads.timer) }
                }.callBlocking { CountDownLatch(1).await(30, TimeUnit.SECONDS) }
            }
            (System.nanoTime() - start) / 1_000_000 shouldBeLessThan 20_000L
        }
    }

    test("a body that has to wait for a thread runs as soon as there is one") {
        val threads = ScarceThreads().apply { isExhausted = true }
        lateinit var end: CompletableFuture<String>
        warningsOf {
            end = retry { maxAttempts(3) }.supplyAsync(threads.timer.workers) { Thread.currentThread().name }
            end.isDone shouldBe false
            threads.isExhausted = false
            end.get(20, TimeUnit.SECONDS) shouldStartWith "reprise-worker-"
        }.shouldNotBeEmpty()
    }

    test("an action that throws on the timer's thread does not end the timer") {
        val threads = ScarceThreads().apply { isExhausted = true }
        warningsOf {
            threads.timer.schedule(0) { throw Broken("action") }
            val next = CountDownLatch(1)
            threads.timer.schedule(1_000_000) { next.countDown() }
            next.await(20, TimeUnit.SECONDS) shouldBe true
        }
    }

    test("threads of the library inherit neither a class loader nor thread locals") {
        val user = InheritableThreadLocal<String?>()
        val seen = AtomicReference<String>()
        val app = URLClassLoader(emptyArray(), null)
        val timer = SystemTimer(::DaemonThreads)
        val done = CountDownLatch(1)
        val caller =
            Thread {
                user.set("first user")
                timer.schedule(0) {
                    val thread = Thread.currentThread()
                    seen.set("${user.get()}, ${thread.contextClassLoader === RetryTimer::class.java.classLoader}, ${thread.isDaemon}")
                    done.countDown()
                }
            }
        caller.contextClassLoader = app
        caller.start()
        done.await(20, TimeUnit.SECONDS) shouldBe true
        seen.get() shouldBe "null, true, true"
    }
})
