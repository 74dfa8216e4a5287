package dev.reprise.testing

import dev.reprise.RetryBuilder
import dev.reprise.retry
import dev.reprise.run.StopSignal
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.single
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.days

/**
 * One way in which a coroutine can run a retry. Not all of them take the same path: a plain run has no scope of its own, a guarded one a
 * watched scope.
 */
internal abstract class CoroutineRun(
    private val name: String,
    val isHeard: Boolean,
) {
    abstract suspend operator fun invoke(
        configure: RetryBuilder.() -> RetryBuilder,
        body: suspend () -> Any?,
    ): Any?

    override fun toString(): String = name
}

private class Invoked(
    name: String,
    isHeard: Boolean,
    private val always: RetryBuilder.() -> RetryBuilder,
) : CoroutineRun(name, isHeard) {
    override suspend fun invoke(
        configure: RetryBuilder.() -> RetryBuilder,
        body: suspend () -> Any?,
    ): Any? =
        retry {
            always()
            configure()
        }.invoke { body() }
}

private object OutcomeRun : CoroutineRun("outcome", true) {
    override suspend fun invoke(
        configure: RetryBuilder.() -> RetryBuilder,
        body: suspend () -> Any?,
    ): Any? = retry { configure() }.outcome { body() }.getOrThrow()
}

private object FlowRun : CoroutineRun("flow", true) {
    override suspend fun invoke(
        configure: RetryBuilder.() -> RetryBuilder,
        body: suspend () -> Any?,
    ): Any? = flow { emit(body()) }.retry(retry { configure() }).single()
}

internal val coroutineRuns: List<CoroutineRun> =
    listOf(
        Invoked("plain", isHeard = false) { this },
        Invoked("heard", isHeard = true) { listener {} },
        Invoked("guarded", isHeard = true) { stopWhen(StopSignal(), grace = 1.days) },
        OutcomeRun,
        FlowRun,
    )

/** A test in virtual time for each way in which a coroutine can run a retry. */
internal fun FunSpec.eachRun(
    name: String,
    runs: List<CoroutineRun> = coroutineRuns,
    test: suspend Trial.() -> Unit,
) = context(name) {
    runs.forEach { run ->
        test("$run") { runTest { Trial(run, this).test() } }
    }
}

/** One test of one way to run. */
internal class Trial(
    private val run: CoroutineRun,
    val scope: TestScope,
) {
    val log = EventLog()
    var calls = 0

    /** A plain run has no listeners. */
    fun shouldTell(expected: List<String>) = log.told shouldContainExactly if (run.isHeard) expected else emptyList()

    @OptIn(ExperimentalCoroutinesApi::class)
    suspend fun retrying(
        configure: RetryBuilder.() -> RetryBuilder,
        body: suspend () -> Any?,
    ): Any? =
        run({
            testing { timeSource(scope.testTimeSource) }
            if (run.isHeard) listener(log)
            configure()
        }) {
            calls++
            body()
        }
}

/** Runs [block] in a coroutine, cancels that [after] its start, and returns what left the run. */
internal suspend fun Trial.cancelled(
    afterMillis: Long,
    block: suspend () -> Unit,
): Throwable? {
    var left: Throwable? = null
    val job =
        scope.launch {
            try {
                block()
            } catch (e: Throwable) {
                left = e
                throw e
            }
        }
    scope.launch {
        delay(afterMillis)
        job.cancel(CancellationException("enough"))
    }
    job.join()
    return left
}
