package dev.reprise.benchmarks

import arrow.resilience.Schedule
import arrow.resilience.retry
import com.github.michaelbull.retry.policy.constantDelay
import dev.reprise.retry
import dev.reprise.run.StopSignal
import io.github.resilience4j.kotlin.retry.executeSuspendFunction
import io.github.resilience4j.retry.RetryConfig
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import java.lang.management.ManagementFactory
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration

/** What [runs] waiting runs of one contender take; measured in a JVM of its own. */
data class WaitingResult(
    val bytesPerRun: Double,
    val threads: Int,
    val millisBesidesTheWait: Long,
)

/**
 * Starts [runs] coroutines that fail once and then wait, all at the same time; looks at the heap and the threads while they wait; lets
 * them finish.
 */
class Waiting(
    private val runs: Int,
    private val wait: Duration,
) {
    private val failed = AtomicInteger()
    private lateinit var allFailed: CountDownLatch

    /** What every run calls: the first [runs] calls fail, the others succeed. */
    private fun ask() {
        if (failed.incrementAndGet() > runs) return
        allFailed.countDown()
        throw FAILURE
    }

    /** Starts a run in this scope. */
    private fun starter(contender: String): CoroutineScope.() -> Unit {
        when (contender) {
            "bare delay" -> {
                return {
                    launch {
                        allFailed.countDown()
                        delay(wait)
                    }
                }
            }

            "bare, stop" -> {
                val stop = Job()
                return {
                    launch {
                        allFailed.countDown()
                        withTimeoutOrNull(wait) { stop.join() }
                    }
                }
            }

            "reprise" -> {
                val retry =
                    retry {
                        every(wait)
                        maxAttempts(3)
                    }
                return { launch { retry { ask() } } }
            }

            "reprise, stop" -> {
                val retry =
                    retry {
                        every(wait)
                        stopWhen(StopSignal())
                    }
                return { launch { retry { ask() } } }
            }

            "resilience4j" -> {
                val config = RetryConfig.custom<Any>().maxAttempts(3).waitDuration(wait.toJavaDuration())
                val retry =
                    io.github.resilience4j.retry.Retry
                        .of("waiting", config.build())
                return { launch { retry.executeSuspendFunction { ask() } } }
            }

            "arrow" -> {
                val schedule = Schedule.spaced<Throwable>(wait)
                return { launch { schedule.retry { ask() } } }
            }

            "kotlinRetry" -> {
                val policy = constantDelay<Throwable>(wait.inWholeMilliseconds)
                return {
                    launch {
                        com.github.michaelbull.retry
                            .retry(policy) { ask() }
                    }
                }
            }

            else -> {
                error("no contender is called $contender")
            }
        }
    }

    fun measure(contender: String): WaitingResult =
        runBlocking(Dispatchers.Default) {
            val start = starter(contender)
            // The first few load classes and fill pools; they are awaited.
            val warmUp = Waiting(100, 500.milliseconds)
            warmUp.allFailed = CountDownLatch(warmUp.runs)
            warmUp.starter(contender).let { starter -> repeat(warmUp.runs) { CoroutineScope(coroutineContext).starter() } }
            warmUp.allFailed.await()
            delay(1.seconds)

            allFailed = CountDownLatch(runs)
            val heapBefore = liveHeap()
            val begin = System.nanoTime()
            lateinit var result: WaitingResult
            val all =
                launch {
                    repeat(runs) { start() }
                    allFailed.await()
                    // The last ones have failed and are on their way into the wait.
                    Thread.sleep(SETTLING)
                    val heap = liveHeap() - heapBefore
                    check((System.nanoTime() - begin).nanoseconds < wait) { "the wait of $wait was over before the heap was looked at" }
                    result = WaitingResult(heap.toDouble() / runs, ManagementFactory.getThreadMXBean().threadCount, 0)
                }
            all.join()
            val millis = ((System.nanoTime() - begin).nanoseconds - wait).inWholeMilliseconds
            result.copy(millisBesidesTheWait = millis - SETTLING)
        }

    /** Bytes in use after a collection; the smallest of a few, because a collection may leave something to the next. */
    private fun liveHeap(): Long =
        List(3) {
            System.gc()
            ManagementFactory.getMemoryMXBean().heapMemoryUsage.used
        }.min()

    companion object {
        /** Those that can wait in coroutines; the bare one shows what waiting costs at least. */
        val CONTENDERS = listOf("bare delay", "bare, stop", "reprise", "reprise, stop", "resilience4j", "arrow", "kotlinRetry")

        private const val SETTLING = 200L
        private val FAILURE = IllegalStateException("not yet")

        /** `contender runs seconds`; prints the result as three numbers. */
        @JvmStatic
        fun main(args: Array<String>) {
            val (contender, runs, seconds) = args
            val result = Waiting(runs.toInt(), seconds.toInt().seconds).measure(contender)
            println("${result.bytesPerRun} ${result.threads} ${result.millisBesidesTheWait}")
        }
    }
}
