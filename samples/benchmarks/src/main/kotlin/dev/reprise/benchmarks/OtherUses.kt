package dev.reprise.benchmarks

import arrow.resilience.Schedule
import arrow.resilience.retry
import com.github.michaelbull.retry.policy.continueIf
import com.github.michaelbull.retry.policy.plus
import com.github.michaelbull.retry.policy.stopAtAttempts
import com.github.michaelbull.retry.policy.stopAtRetries
import com.github.michaelbull.retry.policy.stopUnless
import dev.failsafe.Failsafe
import dev.reprise.retry
import io.github.resilience4j.kotlin.retry.executeSuspendFunction
import io.github.resilience4j.retry.Retry
import io.github.resilience4j.retry.RetryConfig
import kotlinx.coroutines.runBlocking
import org.springframework.core.retry.RetryPolicy
import org.springframework.core.retry.RetryTemplate
import java.io.IOException
import java.time.Duration

/** What else a process does: each contender with three other policies, on calls that fail first. Nothing waits. */
object OtherUses {
    private val remote = Remote(failsFirst = true)
    private val isTransient = { failure: Throwable -> failure is IllegalStateException }

    private val reprise =
        listOf(
            retry { maxRetries(4) },
            retry {
                on<IllegalStateException>()
                maxAttempts(4)
            },
            retry {
                unless<IOException>()
                maxAttempts(5)
            },
        )

    private val resilience4j =
        listOf(4, 5, 6).map {
            val config = RetryConfig.custom<Any>().maxAttempts(it).waitDuration(Duration.ZERO)
            Retry.of("other", (if (it == 4) config else config.retryOnException(isTransient)).build())
        }

    private val failsafe =
        listOf(4, 5, 6).map {
            val policy =
                dev.failsafe.RetryPolicy
                    .builder<Any>()
                    .withMaxAttempts(it)
            Failsafe.with((if (it == 4) policy else policy.handleIf(isTransient)).build())
        }

    private val spring =
        listOf(4L, 5L, 6L).map {
            val policy = RetryPolicy.builder().maxRetries(it).delay(Duration.ZERO)
            RetryTemplate((if (it == 4L) policy else policy.predicate(isTransient)).build())
        }

    private val arrow =
        listOf(
            Schedule.recurs<Throwable>(4),
            Schedule.recurs<Throwable>(5).doWhile { failure, _ -> isTransient(failure) },
            Schedule.recurs<Throwable>(6).doUntil { failure, _ -> failure is IOException },
        )

    private val kotlinRetry =
        listOf(
            stopAtRetries<Throwable>(4),
            stopAtAttempts<Throwable>(4) + continueIf { isTransient(it.failure) },
            stopUnless<Throwable> { isTransient(it.failure) } + stopAtAttempts(5),
        )

    fun run() {
        runBlocking {
            repeat(CALLS) {
                val which = it % 3
                reprise[which].invoke { remote.asking() }
                resilience4j[which].executeSuspendFunction { remote.asking() }
                arrow[which].retry { remote.asking() }
                com.github.michaelbull.retry
                    .retry(kotlinRetry[which]) { remote.asking() }
            }
        }
        repeat(CALLS) {
            val which = it % 3
            reprise[which].callBlocking { remote.ask() }
            resilience4j[which].executeSupplier(remote::ask)
            failsafe[which].get(remote::ask)
            spring[which].execute(remote::ask)
            reprise[which].callAsync(Runnable::run) { remote.asked() }
        }
    }

    private const val CALLS = 30_000
}
