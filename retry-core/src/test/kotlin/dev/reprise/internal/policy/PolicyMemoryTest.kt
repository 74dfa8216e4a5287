package dev.reprise.internal.policy

import dev.reprise.RetryPolicies
import dev.reprise.RetryPolicy
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import dev.reprise.testing.anyFailures
import dev.reprise.testing.anyPolicy
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.long
import io.kotest.property.checkAll
import kotlin.random.Random
import kotlin.time.Duration.Companion.minutes

class PolicyMemoryTest : FunSpec({
    test("a session that is saved and restored after each decision decides like one that is not") {
        checkAll(anyPolicy(), anyFailures(30), Arb.long()) { policy, failures, seed ->
            val whole = policy.session(Random(seed))
            val random = Random(seed)
            var state: String? = null
            for ((i, failure) in failures.withIndex()) {
                val attempt = FailedAttempt(i + 1, i.minutes, failure)
                val parts = policy.session(random, state)
                val decision = parts.decide(attempt)
                decision shouldBe whole.decide(attempt)
                if (decision is Decision.GiveUp) break
                state = parts.state
            }
        }
    }

    test("a policy without state has no text for it") {
        RetryPolicies
            .durableDefault()
            .session()
            .state
            .shouldBeNull()
    }

    test("the state of another policy is rejected") {
        val policy = RetryPolicy.parse("exponential(1s) jitter(decorrelated) maxAttempts(3)")
        for (wrong in listOf("", "1", "1,2,x", "1,2,3,4")) {
            shouldThrow<IllegalArgumentException> { policy.session(state = wrong) }.message shouldContain
                "'$wrong' is not the state of a run"
        }
        shouldThrow<IllegalArgumentException> { RetryPolicies.durableDefault().session(state = "1") }
    }
})
