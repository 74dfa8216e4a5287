package dev.reprise.micrometer

import dev.reprise.retry
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.micrometer.common.KeyValues
import io.micrometer.observation.GlobalObservationConvention
import io.micrometer.observation.Observation
import io.micrometer.observation.ObservationConvention
import io.micrometer.observation.ObservationHandler
import io.micrometer.observation.ObservationRegistry
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import java.io.IOException
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Records what happens to observations as short lines. */
private class Log : ObservationHandler<Observation.Context> {
    val lines = CopyOnWriteArrayList<String>()
    val isOver = CountDownLatch(1)

    override fun supportsContext(context: Observation.Context) = true

    override fun onStart(context: Observation.Context) {
        lines += "start ${line(context)}"
    }

    override fun onEvent(
        event: Observation.Event,
        context: Observation.Context,
    ) {
        lines += "${event.name} (${event.contextualName}) in ${context.name}"
    }

    override fun onStop(context: Observation.Context) {
        lines += "stop ${line(context)}" + context.error?.let { ", ${it.javaClass.simpleName}" }.orEmpty()
        if (context.name == "reprise.run") isOver.countDown()
    }

    private fun line(context: Observation.Context) =
        "${context.name} ${context.allKeyValues.joinToString(" ") { "${it.key}=${it.value}" }}" +
            context.parentObservation?.let { " in ${it.contextView.name}" }.orEmpty()
}

class RetryObservationsTest : FunSpec({
    fun story(delay: String) =
        listOf(
            "start reprise.run policy=prices",
            "retry.scheduled (retry scheduled in $delay) in reprise.run",
            "start reprise.attempt attempt=2 policy=prices in reprise.run",
            "stop reprise.attempt attempt=2 policy=prices in reprise.run, IOException",
            "retry.scheduled (retry scheduled in $delay) in reprise.run",
            "start reprise.attempt attempt=3 policy=prices in reprise.run",
            "stop reprise.attempt attempt=3 policy=prices in reprise.run",
            "stop reprise.run policy=prices",
        )

    test("a run is observed, and each attempt after the first inside it, on whatever thread") {
        val log = Log()
        val registry = ObservationRegistry.create().also { it.observationConfig().observationHandler(log) }
        val observations = RetryObservations(registry)
        val current = ArrayList<String?>()
        runTest {
            val prices =
                retry {
                    name("prices")
                    every(1.seconds).maxAttempts(3)
                    listener(observations)
                    testing { timeSource(testScheduler.timeSource) }
                }
            observations.run(prices) {
                withContext(Dispatchers.IO) { current += registry.currentObservation?.contextView?.name }
                if (number < 3) throw IOException()
            }
        }
        log.lines shouldContainExactly story("1s")
        current shouldContainExactly listOf("reprise.run", "reprise.attempt", "reprise.attempt")
        registry.currentObservation.shouldBeNull()
    }

    test("a blocking run is observed on its thread") {
        val log = Log()
        val registry = ObservationRegistry.create().also { it.observationConfig().observationHandler(log) }
        val observations = RetryObservations(registry)
        val prices =
            retry {
                name("prices")
                every(1.milliseconds).maxAttempts(3)
                listener(observations)
            }
        observations.callBlocking(prices) { if (number < 3) throw IOException() }
        log.lines shouldContainExactly story("1ms")
        registry.currentObservation.shouldBeNull()
    }

    test("conventions replace the names and keys of runs and attempts") {
        val log = Log()
        val registry = ObservationRegistry.create().also { it.observationConfig().observationHandler(log) }
        val runs =
            object : ObservationConvention<RunObservationContext> {
                override fun getName() = "remote"

                override fun getLowCardinalityKeyValues(context: RunObservationContext) = KeyValues.of("to", context.policy)

                override fun supportsContext(context: Observation.Context) = context is RunObservationContext
            }
        val attempts =
            object : GlobalObservationConvention<AttemptObservationContext> {
                override fun getName() = "again"

                override fun getLowCardinalityKeyValues(context: AttemptObservationContext) = KeyValues.of("number", "${context.attempt}")

                override fun supportsContext(context: Observation.Context) = context is AttemptObservationContext
            }
        registry.observationConfig().observationConvention(attempts)
        val prices =
            retry {
                name("prices")
                every(1.milliseconds).maxAttempts(2)
            }
        RetryObservations(registry, runs).callBlocking(prices) { if (number < 2) throw IOException() }
        log.lines shouldContainExactly
            listOf("start remote to=prices", "start again number=2 in remote", "stop again number=2 in remote", "stop remote to=prices")
    }

    test("an envelope without a cause is the failure, and so is what an envelope of another library holds") {
        val errors = CopyOnWriteArrayList<Throwable?>()
        val registry = ObservationRegistry.create()
        registry.observationConfig().observationHandler(
            object : ObservationHandler<Observation.Context> {
                override fun supportsContext(context: Observation.Context) = true

                override fun onError(context: Observation.Context) {
                    errors += context.error
                }
            },
        )
        val once = retry { every(1.milliseconds).maxAttempts(1) }
        val bare = CompletionException("alone", null)
        val inner = IOException()
        for (failure in listOf(bare, CompletionException(inner))) {
            shouldThrow<ExecutionException> {
                RetryObservations(registry).callAsync(once) { CompletableFuture.failedFuture<String>(failure) }.get(20, TimeUnit.SECONDS)
            }
        }
        errors shouldContainExactly listOf(bare, inner)
    }

    test("cancelling a run cancels the stage of an attempt that is observed") {
        val observations = RetryObservations(ObservationRegistry.create())
        val stage = CompletableFuture<String>()
        val isCalled = CountDownLatch(1)
        val run =
            observations.callAsync(retry { every(1.milliseconds).maxAttempts(2) }) {
                if (number == 1) CompletableFuture.failedFuture(IOException()) else stage.also { isCalled.countDown() }
            }
        isCalled.await(20, TimeUnit.SECONDS) shouldBe true
        run.cancel(true)
        shouldThrow<CancellationException> { stage.get(20, TimeUnit.SECONDS) }
    }

    test("the observation of an attempt with a future ends with its stage") {
        val log = Log()
        val registry = ObservationRegistry.create().also { it.observationConfig().observationHandler(log) }
        val observations = RetryObservations(registry)
        val prices =
            retry {
                name("prices")
                every(1.milliseconds).maxAttempts(3)
                listener(observations)
            }
        val current = CopyOnWriteArrayList<String?>()
        val future =
            observations.callAsync(prices) {
                current += registry.currentObservation?.contextView?.name
                CompletableFuture.supplyAsync { if (number < 3) throw IOException() else "paid" }
            }
        future.get(20, TimeUnit.SECONDS) shouldBe "paid"
        log.isOver.await(20, TimeUnit.SECONDS) shouldBe true
        log.lines shouldContainExactly story("1ms")
        current shouldContainExactly listOf("reprise.run", "reprise.attempt", "reprise.attempt")
        registry.currentObservation.shouldBeNull()
    }
})
