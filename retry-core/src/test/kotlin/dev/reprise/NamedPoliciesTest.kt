package dev.reprise

import dev.reprise.policy.RetryPolicyParseException
import dev.reprise.run.RetryEvent
import dev.reprise.testing.ManualTime
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList
import java.io.IOException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor

/** Policies by name, replaced while retries use them. */
class NamedPoliciesTest : FunSpec({
    fun policies() = NamedPolicies.parse(linkedMapOf("prices" to "maxAttempts(2)", "stock" to "delays(1s, 2s)"))

    var calls = 0
    beforeTest { calls = 0 }

    fun fail(): Nothing {
        calls++
        throw IOException("call $calls")
    }

    val runners =
        mapOf<String, suspend (Retry) -> Unit>(
            "suspending" to { retry -> retry { fail() } },
            "suspending outcome" to { retry -> retry.outcome { fail() }.getOrThrow() },
            "blocking" to { retry -> retry.callBlocking { fail() } },
            "blocking outcome" to { retry -> retry.outcomeBlocking { fail() }.getOrThrow() },
            "stage" to
                { retry -> retry.callAsync(Executor(Runnable::run)) { CompletableFuture.failedFuture<Unit>(failure { fail() }) }.join() },
            "stage outcome" to
                { retry -> retry.outcomeAsync(Executor(Runnable::run)) { CompletableFuture.supplyAsync { fail() } }.join().getOrThrow() },
            "value" to { retry -> retry.supplyAsync(Executor(Runnable::run)) { fail() }.join() },
            "flow" to { retry -> flow<Unit> { fail() }.retry(retry).toList() },
        )

    runners.forEach { (runner, run) ->
        test("a $runner run looks the policy up when it starts") {
            val policies = policies()
            val prices = policies.retry("prices")
            runCatching { run(prices) }.isFailure shouldBe true
            calls shouldBe 2
            policies.replace("prices", "maxAttempts(5)")
            runCatching { run(prices) }
            calls shouldBe 2 + 5
            runCatching { run(prices.with { listener { } }) }
            calls shouldBe 2 + 5 + 5
        }

        test("a $runner run that has started keeps its policy") {
            val policies = policies()
            val replacing = policies.retry("prices").with { listener { policies.replace("prices", "maxAttempts(9)") } }
            runCatching { run(replacing) }
            calls shouldBe 2
            runCatching { run(replacing) }
            calls shouldBe 2 + 9
        }
    }

    test("a retry that was varied, or built with the name of a policy, looks it up as well, and can be limited further by what is alive") {
        val policies = policies()
        val time = ManualTime()
        val varied = policies.retry("stock").with { testing { time(time) } }
        val built =
            retry {
                policy(policies, "stock")
                name("orders")
                testing { time(time) }
            }
        policies.replace("stock", "delays(1m)")
        for (retry in listOf(varied, built)) {
            val before = time.nanos
            shouldThrow<IOException> { retry.callBlocking { fail() } }
            time.nanos - before shouldBe 60_000_000_000
        }
        varied.name shouldBe "stock"
        built.name shouldBe "orders"
        varied.policy.toString() shouldBe "delays(1m)"
    }

    test("events carry the name") {
        val names = ArrayList<String?>()
        val prices = policies().retry("prices").with { listener { event: RetryEvent -> names += event.name } }
        runCatching { prices.callBlocking { fail() } }
        names.toSet() shouldBe setOf("prices")
        policies().retry("prices").toString() shouldBe "Retry(prices: maxAttempts(2))"
    }

    test("names, policies and retries are found by name; an unknown name lists the names") {
        val policies = policies()
        policies.names shouldContainExactly setOf("prices", "stock")
        policies.policy("stock").toString() shouldBe "delays(1s, 2s)"
        policies.retry("stock") shouldBeSameInstanceAs policies.retry("stock")
        for (lookUp in listOf<(String) -> Any>(policies::policy, policies::retry, { policies.replace(it, "forever") })) {
            shouldThrow<IllegalArgumentException> { lookUp("prizes") }.message shouldBe
                "no policy is named 'prizes'; the names are prices, stock"
        }
        shouldThrow<IllegalArgumentException> { NamedPolicies.parse(emptyMap()).retry("a") }.message shouldBe
            "no policy is named 'a'; there are no policies"
    }

    test("all mistakes are listed at once, with their names") {
        val e =
            shouldThrow<IllegalArgumentException> {
                NamedPolicies.parse(linkedMapOf("a" to "evry(1s)", "b" to "forever", "c c" to "forever", "d" to "every(1s)"))
            }
        e.message shouldContain "policy 'a': "
        e.message shouldContain "  evry(1s)\n  ^"
        e.message shouldContain "policy 'c c': the name of a policy must be a word without spaces and parentheses"
        e.message shouldContain "policy 'd': This policy never ends."
        e.suppressed.size shouldBe 3
    }

    test("a notation that cannot be parsed replaces nothing") {
        val policies = policies()
        shouldThrow<RetryPolicyParseException> { policies.replace("prices", "maxAttempts()") }
        policies.policy("prices").toString() shouldBe "maxAttempts(2)"
    }

    test("a policy of a name excludes settings of a policy") {
        shouldThrow<IllegalArgumentException> {
            retry {
                policy(policies(), "prices")
                maxAttempts(3)
            }
        }.message shouldContain "contradicts"
    }
})

private fun failure(body: () -> Nothing): Throwable = runCatching(body).exceptionOrNull()!!
