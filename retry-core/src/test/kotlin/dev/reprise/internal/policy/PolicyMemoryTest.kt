package dev.reprise.internal.policy

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
    test("a line of decisions that is put down after each of them and taken up again decides as one that is not") {
        checkAll(anyPolicy(), anyFailures(30), Arb.long()) { policy, failures, seed ->
            val whole = policy.decisions(Random(seed))
            val random = Random(seed)
            var memory: String? = null
            for ((i, failure) in failures.withIndex()) {
                val attempt = FailedAttempt(i + 1, i.minutes, failure)
                val parts = policy.decisions(random, memory)
                val decision = parts.next(attempt)
                decision shouldBe whole.next(attempt)
                if (decision is Decision.GiveUp) break
                memory = parts.memory
            }
        }
    }

    test("a policy that needs no memory has none") {
        RetryPolicy
            .threeDays()
            .decisions()
            .memory
            .shouldBeNull()
    }

    test("a memory of another policy is refused") {
        val policy = RetryPolicy.parse("exponential(1s) jitter(Decorrelated) maxAttempts(3)")
        for (wrong in listOf("", "1", "1,2,x", "1,2,3,4")) {
            shouldThrow<IllegalArgumentException> { policy.decisions(memory = wrong) }.message shouldContain "'$wrong' is not what a run"
        }
        shouldThrow<IllegalArgumentException> { RetryPolicy.threeDays().decisions(memory = "1") }
    }
})
