package dev.reprise.interop.queue

import dev.reprise.interop.internal.GeneratorRandom
import dev.reprise.interop.testing.VirtualTime
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.ReloadingHandler
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.QueueHealth
import dev.reprise.queue.model.Target
import dev.reprise.queue.spi.CallStore
import java.nio.file.Path
import java.util.concurrent.CompletableFuture
import java.util.function.Consumer
import java.util.random.RandomGenerator
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import dev.reprise.queue.model.CallOptions as CoreCallOptions
import java.time.Duration as JavaDuration

/** What Java cannot say itself: calls with a Kotlin duration, whose names are mangled, and with suspend functions. */
internal object QueueBridge {
    @JvmStatic
    fun memory(time: QueueTime): CallStore = InMemoryCallStore(time.clock)

    @JvmStatic
    fun sqlite(file: Path): JdbcCallStore = JdbcCallStore(file)

    @JvmStatic
    fun jdbc(
        dataSource: DataSource,
        tablePrefix: String,
        statementTimeout: JavaDuration,
    ): JdbcCallStore = JdbcCallStore(dataSource, tablePrefix, statementTimeout.toKotlinDuration())

    @JvmStatic
    fun migrate(store: JdbcCallStore): Unit = RealTime.ask { store.migrate() }

    @JvmStatic
    fun realTime(): QueueTime = RealTime

    @JvmStatic
    fun testTime(time: VirtualTime): QueueTime = TestTime(time)

    @JvmStatic
    fun <Q, R> handle(
        builder: RetryQueueBuilder,
        target: Target<Q, R>,
        options: HandlerOptions,
        handler: suspend CallContext.(Q) -> R,
    ) = builder.handle(target, options.lane, options.version, options.concurrency, handler)

    @JvmStatic
    fun <Q, R> handle(
        builder: RetryQueueBuilder,
        target: Target<Q, R>,
        options: HandlerOptions,
        handler: ReloadingHandler<Q, R>,
    ) = builder.handle(target, handler, options.lane, options.concurrency)

    @JvmStatic
    fun lane(
        builder: RetryQueueBuilder,
        name: String,
        concurrency: Int,
    ) = builder.lane(name) { this.concurrency = concurrency }

    @JvmStatic
    fun pollInterval(
        builder: RetryQueueBuilder,
        time: JavaDuration,
    ) {
        builder.pollInterval = time.toKotlinDuration()
    }

    @JvmStatic
    fun retention(
        builder: RetryQueueBuilder,
        time: JavaDuration,
    ) {
        builder.retention = time.toKotlinDuration()
    }

    @JvmStatic
    fun attemptTimeout(
        builder: RetryQueueBuilder,
        time: JavaDuration?,
    ) {
        builder.attemptTimeout = time?.toKotlinDuration() ?: Duration.INFINITE
    }

    @JvmStatic
    fun random(
        builder: RetryQueueBuilder,
        generator: RandomGenerator,
    ) = builder.random(GeneratorRandom(generator))

    @JvmStatic
    fun delay(
        builder: CoreCallOptions,
        time: JavaDuration,
    ) {
        builder.delay = time.toKotlinDuration()
    }

    @JvmStatic
    fun <T> codec(codec: CallCodec<T>): PayloadCodec<T> = JavaCodec(codec)

    @JvmStatic
    fun none(): CallCodec<Void?> = CallCodec.of("none", { ByteArray(0) }, { null })

    @JvmStatic
    fun telling(handler: OutcomeHandler): BlockingHandler<CallOutcome, Void?> =
        BlockingHandler { _, outcome ->
            handler.handle(outcome)
            null
        }

    /** Never returns. */
    @JvmStatic
    fun snooze(
        context: CallContext,
        delay: JavaDuration,
    ): RuntimeException = context.snooze(delay.toKotlinDuration())

    /** Null if nothing cuts the attempt. */
    @JvmStatic
    fun remaining(context: CallContext): JavaDuration? = context.remaining.takeIf { it.isFinite() }?.toJavaDuration()

    @JvmStatic
    fun health(health: QueueHealth): Health =
        Health(
            health.isRunning,
            health.storeAwayFor?.toJavaDuration(),
            health.storeFailure,
            health.inHand,
            health.hungHandlers,
            health.staleResults,
        )

    @JvmStatic
    fun close(
        life: QueueLife,
        grace: JavaDuration,
    ) = life.close(grace.toKotlinDuration())

    @JvmStatic
    fun <R> result(
        life: QueueLife,
        handle: CallHandle<R>,
    ): CompletableFuture<R> = life.await(handle) { await() }

    @JvmStatic
    fun end(
        life: QueueLife,
        handle: CallHandle<*>,
    ): CompletableFuture<CallInfo> = life.await(handle) { CallInfo(awaitEnd()) }

    @JvmStatic
    fun <Q, R> enqueueOnce(
        life: QueueLife,
        caller: Caller,
        context: CallContext,
        step: String,
        target: Target<Q, R>,
        request: Q,
        options: Consumer<in CallOptions>,
    ): QueuedCall<R> = QueuedCall(life.ask(caller.context) { context.enqueueOnce(step, target, request, options.settings()) }, life)
}

private class JavaCodec<T>(
    private val codec: CallCodec<T>,
) : PayloadCodec<T> {
    override val name: String = codec.name()

    override fun encode(value: T): ByteArray =
        try {
            codec.encode(value)
        } catch (e: Exception) {
            throw IllegalArgumentException("the codec '$name' cannot write this value: $e", e)
        }

    override fun decode(
        bytes: ByteArray,
        version: Int,
    ): T = codec.decode(bytes, version)

    override fun toString(): String = codec.toString()
}
