package dev.reprise.interop

import dev.reprise.Retry
import dev.reprise.RetryBuilder
import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.ScheduleBuilder
import dev.reprise.retry
import dev.reprise.run.Attempt
import dev.reprise.run.StopSignal
import java.util.concurrent.Callable
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor
import java.util.function.Consumer
import java.util.function.Function
import java.util.function.Predicate
import java.util.function.Supplier
import kotlin.time.AbstractLongTimeSource
import kotlin.time.Duration
import kotlin.time.DurationUnit
import kotlin.time.TimeSource
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * What Java cannot say itself: calls with a Kotlin duration, whose names are mangled, and with Kotlin functions. Durations beyond the
 * range of Kotlin's saturate.
 */
internal object Bridge {
    @JvmStatic
    fun every(
        builder: ScheduleBuilder,
        delay: JavaDuration,
    ) = builder.every(delay.toKotlinDuration())

    @JvmStatic
    fun exponential(
        builder: ScheduleBuilder,
        base: JavaDuration,
        factor: Double,
        max: JavaDuration?,
    ) = builder.exponential(base.toKotlinDuration(), factor, max.orInfinite())

    @JvmStatic
    fun linear(
        builder: ScheduleBuilder,
        base: JavaDuration,
        step: JavaDuration,
        max: JavaDuration?,
    ) = builder.linear(base.toKotlinDuration(), step.toKotlinDuration(), max.orInfinite())

    @JvmStatic
    fun fibonacci(
        builder: ScheduleBuilder,
        base: JavaDuration,
        max: JavaDuration?,
    ) = builder.fibonacci(base.toKotlinDuration(), max.orInfinite())

    /** A collection is data; anything else is asked anew by each run. */
    @JvmStatic
    fun delays(
        builder: ScheduleBuilder,
        waits: Iterable<JavaDuration>,
    ) = if (waits is Collection) {
        builder.delays(waits.map { it.toKotlinDuration() })
    } else {
        builder.delays(waits.asSequence().map { it.toKotlinDuration() })
    }

    @JvmStatic
    fun <E : Throwable> on(
        builder: RetryPolicyBuilder,
        type: Class<E>,
        inCauses: Boolean,
        predicate: Predicate<in E>?,
        waits: Consumer<ScheduleBuilder>?,
    ) = builder.on(type, inCauses, waits?.let { { it.accept(this) } }, predicate?.let { it::test })

    @JvmStatic
    fun <E : Throwable> unless(
        builder: RetryPolicyBuilder,
        type: Class<E>,
        inCauses: Boolean,
        predicate: Predicate<in E>?,
    ) = builder.unless(type, inCauses, predicate?.let { it::test })

    /** A result is an object: `int.class` stands for `Integer.class`, or it would match nothing. */
    @JvmStatic
    @Suppress("UNCHECKED_CAST")
    fun onResult(
        builder: RetryPolicyBuilder,
        type: Class<*>?,
        predicate: Predicate<*>,
    ) {
        val boxed = type?.kotlin?.javaObjectType
        builder.onResult({ boxed == null || boxed.isInstance(it) }, (predicate as Predicate<Any?>)::test)
    }

    @JvmStatic
    fun failureTester(
        builder: RetryPolicyBuilder,
        factory: Supplier<out Function<in Throwable, out Throwable?>>,
    ) = builder.failureTester { factory.get()::apply }

    @JvmStatic
    fun initialDelay(
        builder: RetryPolicyBuilder,
        delay: JavaDuration,
    ) = builder.initialDelay(delay.toKotlinDuration())

    @JvmStatic
    fun delayFrom(
        builder: RetryPolicyBuilder,
        hint: Function<in Throwable, out JavaDuration?>,
    ) = builder.delayFrom { hint.apply(it)?.toKotlinDuration() }

    @JvmStatic
    fun within(
        builder: RetryPolicyBuilder,
        time: JavaDuration,
    ) = builder.within(time.toKotlinDuration())

    @JvmStatic
    fun attemptTimeout(
        builder: RetryPolicyBuilder,
        time: JavaDuration,
    ) = builder.attemptTimeout(time.toKotlinDuration())

    @JvmStatic
    fun stopWhen(
        builder: RetryBuilder,
        signal: StopSignal,
        grace: JavaDuration?,
    ) = builder.stopWhen(signal, grace.orInfinite())

    /** Has [tell] say a policy to [builder], which somebody else builds. */
    @JvmStatic
    fun tell(
        builder: RetryPolicyBuilder,
        tell: Consumer<in PolicyBuilder>,
    ) = tell.accept(PolicyBuilder(builder))

    @JvmStatic
    fun twisted(
        calls: Int,
        initialDelay: JavaDuration,
        factor: Double,
        maxDelay: JavaDuration,
        now: Boolean,
    ): RetryPolicy = RetryPolicy.twisted(calls, initialDelay.toKotlinDuration(), factor, maxDelay.toKotlinDuration(), now)

    @JvmStatic
    fun retryable(
        every: JavaDuration,
        maxRetries: Int,
    ): RetryPolicy = RetryPolicy.retryable(every.toKotlinDuration(), maxRetries)

    @JvmStatic
    fun timeSource(time: RetryTime): TimeSource =
        object : AbstractLongTimeSource(DurationUnit.NANOSECONDS) {
            override fun read(): Long = time.nanoTime()
        }

    @JvmStatic
    fun ofPolicy(policy: RetryPolicy): Retry = retry { policy(policy) }

    @JvmStatic
    fun elapsed(attempt: Attempt): JavaDuration = attempt.elapsed.toJavaDuration()

    /** Null if the run has no end. */
    @JvmStatic
    fun remaining(attempt: Attempt): JavaDuration? = attempt.remaining.takeIf { it.isFinite() }?.toJavaDuration()

    @JvmStatic
    fun <T> call(
        retry: Retry,
        body: Callable<T>,
    ): T = retry.callBlocking { body.call() }

    @JvmStatic
    fun <T> call(
        retry: Retry,
        body: AttemptCallable<T>,
    ): T = retry.callBlocking { body.call(AttemptInfo(this)) }

    @JvmStatic
    fun <T> outcome(
        retry: Retry,
        body: Callable<T>,
    ): Outcome<T> = retry.outcomeBlocking { body.call() }.toJava()

    @JvmStatic
    fun <T> callAsync(
        retry: Retry,
        executor: Executor,
        body: Callable<out CompletionStage<T>?>,
    ): CompletableFuture<T> = retry.callAsync(executor) { body.call() ?: noStage() }

    @JvmStatic
    fun <T> callAsync(
        retry: Retry,
        executor: Executor,
        body: AttemptCallable<out CompletionStage<T>?>,
    ): CompletableFuture<T> = retry.callAsync(executor) { body.call(AttemptInfo(this)) ?: noStage() }

    @JvmStatic
    fun <T> supplyAsync(
        retry: Retry,
        executor: Executor,
        body: Callable<T>,
    ): CompletableFuture<T> = retry.supplyAsync(executor) { body.call() }

    @JvmStatic
    fun <T> supplyAsync(
        retry: Retry,
        executor: Executor,
        body: AttemptCallable<T>,
    ): CompletableFuture<T> = retry.supplyAsync(executor) { body.call(AttemptInfo(this)) }

    private fun Attempt.noStage(): Nothing =
        throw NullPointerException("attempt $number returned null; the body must return a CompletionStage")

    private fun JavaDuration?.orInfinite(): Duration = this?.toKotlinDuration() ?: Duration.INFINITE
}
