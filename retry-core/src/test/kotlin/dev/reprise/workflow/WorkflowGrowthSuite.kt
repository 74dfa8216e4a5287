package dev.reprise.workflow

import dev.reprise.internal.policy.LongestDelays
import dev.reprise.internal.policy.ShortestDelays
import dev.reprise.policy.Jitter
import dev.reprise.retryPolicy
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.byPolicy
import dev.reprise.workflow.model.times
import dev.reprise.workflow.spi.TaskRecord
import dev.reprise.workflow.spi.WorkflowStore
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration.Companion.milliseconds

private const val FAILURES = 500
private const val ATTEMPTS = 100_000

/** Counts how often it is described: a failure that is stored is described each time. */
private class Described(
    private val count: AtomicLong,
) : RuntimeException() {
    override val message: String
        get() {
            count.incrementAndGet()
            return "described"
        }
}

private class CountingCodec : ValueCodec by ValueCodec.Json {
    val encoded = AtomicLong()
    val decoded = AtomicLong()

    override fun encode(value: Any?): String {
        encoded.incrementAndGet()
        return ValueCodec.Json.encode(value)
    }

    override fun decode(text: String): Any? {
        decoded.incrementAndGet()
        return ValueCodec.Json.decode(text)
    }
}

/** What a store writes for a run grows with what happens in it, and no faster. [newStore] creates one that nothing else uses. */
internal fun workflowGrowthSuite(newStore: suspend (ValueCodec) -> WorkflowStore) =
    funSpec {
        test("each of many failures within one attempt is written a bounded number of times") {
            val count = AtomicLong()
            val flow =
                unordered("wave", retry = times(2)) {
                    repeat(FAILURES) { task("t$it") { throw Described(count) } }
                }
            WorkflowEngine(newStore(ValueCodec.Json))
                .execute(flow, id = "run")
                .shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                .report.failures.size shouldBe FAILURES
            // Two attempts, in each of which it is written as a failure of its task (with each change of that) and of the attempt.
            count.get() shouldBeLessThan 2L * FAILURES * 10
        }

        test("each of a hundred thousand attempts is written when it starts, when it fails and when it is decided, and read once") {
            val codec = CountingCodec()
            val store = newStore(codec)
            val run = store.open("run")
            run.start("linear workflow flow\nend", emptyMap())
            var history = ControllerHistory.none
            repeat(ATTEMPTS) { number ->
                history = history.started(number)
                run.save(listOf(TaskRecord("c", history = history)))
                history = history.mapLast { it.plus("a", FAILURE, 1.milliseconds) }
                run.save(listOf(TaskRecord("c", history = history)))
            }
            run.flush()
            run.close()
            codec.encoded.get() shouldBe 2L * ATTEMPTS
            val read =
                store
                    .open("run")
                    .tasks
                    .single()
                    .history!!
            codec.decoded.get() shouldBe ATTEMPTS.toLong()
            read.size shouldBe ATTEMPTS
            read.attempts.last().let { listOf(it.value, it.failures.keys.toList()) } shouldContainExactly listOf(ATTEMPTS - 1, listOf("a"))
        }

        test("what a policy remembers survives a crash: decorrelated jitter continues from the delay that was stored") {
            val store = newStore(ValueCodec.Json)
            val death = Death()
            var calls = 0

            // The first process always draws the shortest delay, the second one the longest: three times the delay before.
            fun flow(random: kotlin.random.Random) =
                linear(
                    "flow",
                    byPolicy(
                        retryPolicy {
                            exponential(1.milliseconds).jitter(Jitter.DECORRELATED)
                            maxAttempts(9)
                        },
                        random = random,
                    ),
                ) {
                    task("a") {
                        calls++
                        if (calls == 3) death.comesOnce()
                        if (calls < 5) throw Broken("$calls")
                    }
                }
            death.during { WorkflowEngine(store).execute(flow(ShortestDelays), id = "run") }
            val run = WorkflowEngine(store).open(flow(LongestDelays), id = "run")
            run.execute().shouldBeInstanceOf<WorkflowOutcome.Success>()
            run.history("flow_retry").attempts.map { it.delay } shouldContainExactly
                listOf(1.milliseconds, 1.milliseconds, 3.milliseconds, 0.milliseconds)
            run.close()
        }

        test("a policy that was replaced by one that remembers something else starts afresh") {
            val store = newStore(ValueCodec.Json)
            val death = Death()
            var calls = 0

            fun flow(policy: dev.reprise.RetryPolicy) =
                linear("flow", byPolicy(policy)) {
                    task("a") {
                        if (++calls == 2) death.comesOnce()
                        if (calls < 4) throw Broken("$calls")
                    }
                }
            val jitter =
                retryPolicy {
                    exponential(1.milliseconds).jitter(Jitter.DECORRELATED)
                    maxAttempts(9)
                }
            val delays = retryPolicy { delays(listOf(1.milliseconds, 2.milliseconds, 3.milliseconds)) }
            death.during { WorkflowEngine(store).execute(flow(jitter), id = "run") }
            WorkflowEngine(store).execute(flow(delays), id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
        }
    }

private val FAILURE = Broken("x")
