package dev.reprise.compatibility

import dev.reprise.RetryPolicy
import dev.reprise.policy.Jitter
import dev.reprise.retryPolicy
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.net.ConnectException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class PolicyStoriesTest {
    @Test
    fun `a policy prints as text and is read again`() {
        val policy =
            retryPolicy {
                exponential(100.milliseconds, max = 2.seconds)
                jitter(Jitter.NONE)
                maxAttempts(4)
                on<ConnectException>()
            }
        assertEquals(policy, RetryPolicy.parse(policy.notation()))
        assertTrue(policy.explain().toString().isNotBlank())
    }

    @Test
    fun `a simulation shows the delays without waiting`() {
        val simulation = RetryPolicy.parse("delays(1s, 2s, 5s) jitter(none) maxAttempts(4)").simulate(seed = 7)
        assertEquals(listOf(1.seconds, 2.seconds, 5.seconds), simulation.delays)
    }

    @Test
    fun `a mistake in a notation is pointed at`() {
        val failure = assertThrows(IllegalArgumentException::class.java) { RetryPolicy.parse("every(1s) maxAttempts(x)") }
        assertTrue("^" in failure.message.orEmpty(), failure.message)
    }
}
