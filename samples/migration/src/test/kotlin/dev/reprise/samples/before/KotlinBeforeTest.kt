package dev.reprise.samples.before

import arrow.resilience.Schedule
import arrow.resilience.retry
import com.github.michaelbull.retry.policy.binaryExponentialBackoff
import com.github.michaelbull.retry.policy.continueIf
import com.github.michaelbull.retry.policy.plus
import com.github.michaelbull.retry.policy.stopAtAttempts
import com.github.michaelbull.retry.retry
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.io.IOException
import java.net.ConnectException
import kotlin.time.Duration.Companion.milliseconds

/** Retries in other libraries of Kotlin, for `comparison.md`; their delays are virtual. */
class KotlinBeforeTest {
    private var calls = 0

    private fun fetch(): String = if (++calls < 4) throw ConnectException("refused") else "answer $calls"

    @Test
    fun arrow() =
        runTest {
            // docs:begin before-arrow
            val schedule =
                Schedule
                    .exponential<Throwable>(250.milliseconds)
                    .jittered()
                    .and(Schedule.recurs(4))
                    .doWhile { failure, _ -> failure is IOException }
            val price = schedule.retry { fetch() }
            // docs:end
            assertEquals("answer 4", price)
        }

    @Test
    fun kotlinRetry() =
        runTest {
            // docs:begin before-kotlin-retry
            val ioFailures = continueIf<Throwable> { (failure) -> failure is IOException }
            val price = retry(ioFailures + binaryExponentialBackoff(min = 10L, max = 5_000L) + stopAtAttempts(5)) { fetch() }
            // docs:end
            assertEquals("answer 4", price)
        }
}
