package dev.reprise.internal.util

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.time.Duration.Companion.milliseconds

class WorkerThreadsTest : FunSpec({
    test("tasks that come one after the other run on one thread, although there are more") {
        val workers = WorkerThreads("test", 8)
        workers.startAll(8)
        val used = List(100) { workers.threadOfTask().also(::awaitIdle) }
        used.toSet() shouldHaveSize 1
    }

    test("not more tasks run at a time than there may be threads, and those that wait run in their order") {
        val workers = WorkerThreads("test", 1)
        val hold = CountDownLatch(1)
        workers.execute { hold.await() }
        val order = ArrayList<Int>()
        val last = CompletableFuture<List<Int>>()
        repeat(100) { workers.execute { order += it } }
        workers.execute { last.complete(order) }
        hold.countDown()
        last.get(10, SECONDS) shouldContainExactly List(100) { it }
    }

    test("each task runs once, however many threads submit them") {
        val workers = WorkerThreads("test", 3, longestIdle = 1.milliseconds)
        repeat(200) {
            val done = CountDownLatch(200)
            val submitters = List(4) { Thread { repeat(50) { workers.execute(done::countDown) } }.apply { start() } }
            submitters.forEach { it.join() }
            done.await(10, SECONDS) shouldBe true
        }
    }

    test("an idle thread ends, and another one takes its place") {
        val workers = WorkerThreads("test", 1, longestIdle = 1.milliseconds)
        val first = workers.threadOfTask()
        first.join(10_000)
        first.isAlive shouldBe false
        workers.threadOfTask().name shouldBe "reprise-test-2"
    }

    test("a task that throws, or that leaves its thread interrupted, changes nothing for the next one") {
        val workers = WorkerThreads("test", 1)
        val thrown = CompletableFuture<Throwable>()
        workers.execute {
            Thread.currentThread().setUncaughtExceptionHandler { _, e -> thrown.complete(e) }
            Thread.currentThread().interrupt()
            throw AssertionError("thrown")
        }
        val isInterrupted = CompletableFuture<Boolean>()
        thrown.get(10, SECONDS).message shouldBe "thrown"
        val thread = workers.threadOfTask()
        awaitIdle(thread)
        workers.execute { isInterrupted.complete(Thread.currentThread().isInterrupted) }
        isInterrupted.get(10, SECONDS) shouldBe false
        thread.name shouldBe "reprise-test-1"
    }
})

/** Has each of [count] threads run a task at the same time. */
private fun WorkerThreads.startAll(count: Int) {
    val all = CyclicBarrier(count + 1)
    val threads = List(count) { CompletableFuture<Thread>() }
    threads.forEach { thread ->
        execute {
            all.await(10, SECONDS)
            thread.complete(Thread.currentThread())
        }
    }
    all.await(10, SECONDS)
    threads.forEach { awaitIdle(it.get(10, SECONDS)) }
}

private fun WorkerThreads.threadOfTask(): Thread {
    val thread = CompletableFuture<Thread>()
    execute { thread.complete(Thread.currentThread()) }
    return thread.get(10, SECONDS)
}

/** Returns when [thread] waits for a task. */
private fun awaitIdle(thread: Thread) {
    val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10)
    while (thread.state != Thread.State.TIMED_WAITING) {
        check(System.nanoTime() < end) { "$thread is ${thread.state}" }
        Thread.onSpinWait()
    }
}
