package dev.reprise.benchmarks

import arrow.resilience.Schedule
import com.github.michaelbull.retry.policy.stopAtAttempts
import dev.failsafe.Failsafe
import dev.failsafe.FailsafeExecutor
import dev.reprise.Retry
import dev.reprise.interop.RetryRunner
import dev.reprise.retry
import io.github.resilience4j.retry.RetryConfig
import org.springframework.core.retry.RetryPolicy
import org.springframework.core.retry.RetryTemplate
import java.time.Duration

/**
 * The same policy for every library: any exception, three calls in all, no delay. Each is built once, by the shortest way its documentation
 * shows; none has a listener and none logs.
 */
object Contenders {
    val REPRISE: Retry = retry { maxAttempts(3) }

    /** The same from Java, which is how the blocking call and the future are measured. */
    @JvmField
    val REPRISE_JAVA: RetryRunner = RetryRunner.builder().maxAttempts(3).build()

    @JvmField
    val RESILIENCE4J: io.github.resilience4j.retry.Retry =
        io.github.resilience4j.retry.Retry.of(
            "benchmark",
            RetryConfig
                .custom<Any>()
                .maxAttempts(3)
                .waitDuration(Duration.ZERO)
                .build(),
        )

    @JvmField
    val FAILSAFE: FailsafeExecutor<Any> =
        Failsafe.with(
            dev.failsafe.RetryPolicy
                .builder<Any>()
                .withMaxAttempts(3)
                .build(),
        )

    @JvmField
    val SPRING: RetryTemplate =
        RetryTemplate(
            RetryPolicy
                .builder()
                .maxRetries(2)
                .delay(Duration.ZERO)
                .build(),
        )

    val ARROW: Schedule<Throwable, Long> = Schedule.recurs(2)

    val KOTLIN_RETRY: com.github.michaelbull.retry.policy.RetryPolicy<Throwable> = stopAtAttempts(3)
}
