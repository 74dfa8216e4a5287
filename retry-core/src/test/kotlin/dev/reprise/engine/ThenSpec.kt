package dev.reprise.engine

import dev.reprise.retry
import dev.reprise.retryPolicy
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** Runs whose policy is one until a limit of it ends it, then another. */
class ThenSpec : FunSpec({
    val second =
        retryPolicy {
            every(10.seconds)
            maxAttempts(3)
        }

    test("where no part has a deadline, the first attempt already sees that there is none") {
        for (policy in listOf(second then second, (second then second) and second, second or (second then second))) {
            runTest { retry(policy) { number to remaining } shouldBe (1 to Duration.INFINITE) }
            retry { policy(policy) }.callBlocking { number to remaining } shouldBe (1 to Duration.INFINITE)
        }
    }
})
