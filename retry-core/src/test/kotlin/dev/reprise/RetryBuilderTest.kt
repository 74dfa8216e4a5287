package dev.reprise

import dev.reprise.run.RetryBudget
import dev.reprise.run.StopSignal
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.seconds

/** Which policies `retry { policy(…) }` accepts. */
class RetryBuilderTest : FunSpec({
    val signal = StopSignal()
    val stopped =
        retry {
            every(1.seconds)
            stopWhen(signal)
        }.policy
    val twice = retryPolicy { maxAttempts(2) }
    val forever = retryPolicy { forever() }

    fun retryWith(policy: RetryPolicy): Retry = retry { policy(policy) }

    test("a policy that only a stop can end is rejected without one, and the message says how to fix it") {
        for (endless in listOf(stopped, stopped or twice, stopped then twice, twice then stopped, stopped and stopped)) {
            shouldThrow<IllegalArgumentException> { retryWith(endless) }.message shouldBe
                "policy($endless) never ends by itself: it was built together with a stop signal or a budget. Add stopWhen(signal) or " +
                "budget(budget) here too, join it with a policy that has a limit, or call forever() where it is built."
        }
    }

    test("such a policy is accepted if another stop, a budget or a joined policy ends it") {
        retry {
            policy(stopped)
            stopWhen(StopSignal())
        }
        retry {
            policy(stopped)
            budget(RetryBudget())
        }
        retryWith(stopped and twice)
    }

    test("a policy with forever() or a limit of its own is accepted unchanged") {
        retryWith(stopped and forever)
        retryWith(
            retry {
                forever()
                stopWhen(signal)
            }.policy,
        )
        retryWith(
            retry {
                maxAttempts(2)
                stopWhen(signal)
            }.policy,
        )
    }
})
