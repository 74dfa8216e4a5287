package dev.reprise

import dev.reprise.run.RetryBudget
import dev.reprise.run.StopSignal
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.seconds

/** What may be handed to `retry { policy(…) }`. */
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

    test("a policy that was to be ended by a stop is refused where there is none, and the message says what would mend it") {
        for (endless in listOf(stopped, stopped or twice, stopped then twice, twice then stopped, stopped and stopped)) {
            shouldThrow<IllegalArgumentException> { retryWith(endless) }.message shouldBe
                "policy($endless) never ends by itself: it was built together with a stop signal or a budget. Add stopWhen(signal) or " +
                "budget(budget) here too, join it with a policy that has a limit, or call forever() where it is built."
        }
    }

    test("such a policy is taken where another stop or a budget ends it, or a policy joined with it") {
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

    test("a policy that was told to go on forever, or that ends by itself, is taken as it is") {
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
