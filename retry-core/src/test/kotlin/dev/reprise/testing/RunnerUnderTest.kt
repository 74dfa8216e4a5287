package dev.reprise.testing

import dev.reprise.RetryBuilder
import dev.reprise.retry
import dev.reprise.run.RetryOutcome
import dev.reprise.run.retryReport
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import java.util.concurrent.CompletableFuture
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.resume
import kotlin.coroutines.startCoroutine
import kotlin.coroutines.suspendCoroutine
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/** The time of one run under test, for its body, its builder and its story. */
internal interface World {
    val log: EventLog
    val now: Duration

    /** Takes [duration] inside a body; a cancelled attempt ends it where the runner can do that. */
    suspend fun pass(duration: Duration)

    /** Does [action] at [time] from the start. */
    fun at(
        time: Duration,
        action: () -> Unit,
    )
}

/** One attempt of a story; [number] is 1-based. */
internal typealias Body = suspend World.(number: Int) -> Any?

/** One way to run a retry, so that the same story runs in all of them. [isHeard] adds the log as listener. */
internal abstract class RunnerUnderTest(
    private val name: String,
    val isHeard: Boolean,
) {
    override fun toString(): String = name + if (isHeard) "" else ", not heard"

    /** Returns the whole story: what happened, in short lines, the last of which states how the run ended. */
    abstract fun story(
        configure: RetryBuilder.(World) -> Unit,
        body: Body,
    ): Story

    protected fun RetryBuilder.hear(log: EventLog) {
        if (isHeard) listener(log)
    }

    /** [body] with its start recorded. */
    protected fun recorded(body: Body): Body =
        { number ->
            log.add("$number starts at $now")
            body(number)
        }

    companion object {
        val heard: List<RunnerUnderTest> = listOf(Suspending(true), Outcome(true), Blocking(true), Stages(true), Values(true), Flows(true))
        val all: List<RunnerUnderTest> = heard + listOf(Suspending(false), Outcome(false), Blocking(false), Stages(false), Values(false))
    }
}

/** What a run did and left behind; [failure] is the instance that its caller received. */
internal class Story(
    val log: EventLog,
    val value: Any?,
    val failure: Throwable?,
) {
    val end: String
        get() = failure?.let { "throws ${it.line()} (${it.retryReport?.line() ?: "no report"})" } ?: "returns $value"

    val text: String get() = (log.lines + end).joinToString("\n")

    /** The story without what only a listener receives. */
    val bare: String get() = text.withoutTold()
}

internal fun String.withoutTold(): String = lines().filterNot { it.startsWith("told") }.joinToString("\n")

private inline fun storyOf(
    log: EventLog,
    run: () -> Any?,
): Story =
    try {
        Story(log, run(), null)
    } catch (e: Throwable) {
        Story(log, null, e)
    }

private class CoroutineWorld(
    private val scope: TestScope,
) : World {
    override val log = EventLog()

    @OptIn(ExperimentalCoroutinesApi::class)
    override val now: Duration get() = scope.testScheduler.currentTime.milliseconds()

    override suspend fun pass(duration: Duration) = delay(duration)

    override fun at(
        time: Duration,
        action: () -> Unit,
    ) {
        scope.backgroundScope.launch {
            delay(time)
            action()
        }
    }
}

private fun Long.milliseconds() = (this * 1_000_000).nanoseconds

internal open class Suspending(
    isHeard: Boolean,
    name: String = "suspend",
) : RunnerUnderTest(name, isHeard) {
    @OptIn(ExperimentalCoroutinesApi::class)
    override fun story(
        configure: RetryBuilder.(World) -> Unit,
        body: Body,
    ): Story {
        lateinit var story: Story
        runTest {
            val world = CoroutineWorld(this)
            val builder = RetryBuilder().testing { timeSource(testTimeSource) }
            builder.hear(world.log)
            builder.configure(world)
            testScheduler.runCurrent()
            story = storyOf(world.log) { run(builder, world, recorded(body)) }
        }
        return story
    }

    protected open suspend fun run(
        builder: RetryBuilder,
        world: World,
        body: Body,
    ): Any? = builder.build().invoke { world.body(number) }
}

internal class Outcome(
    isHeard: Boolean,
) : Suspending(isHeard, "outcome") {
    override suspend fun run(
        builder: RetryBuilder,
        world: World,
        body: Body,
    ): Any? =
        when (val outcome = builder.build().outcome { world.body(number) }) {
            is RetryOutcome.Success -> outcome.value
            is RetryOutcome.Failure -> throw outcome.failure
        }
}

internal class Flows(
    isHeard: Boolean,
) : Suspending(isHeard, "flow") {
    override suspend fun run(
        builder: RetryBuilder,
        world: World,
        body: Body,
    ): Any? {
        var number = 0
        return flow { emit(world.body(++number)) }.retry(builder.build()).toList().single()
    }
}

private class ThreadWorld : World {
    override val log = EventLog()
    val time = ManualTime()
    override val now: Duration get() = time.nanos.nanoseconds

    override suspend fun pass(duration: Duration) = time.pass(duration)

    override fun at(
        time: Duration,
        action: () -> Unit,
    ) = this.time.at(time, action)
}

internal abstract class Threads(
    name: String,
    isHeard: Boolean,
) : RunnerUnderTest(name, isHeard) {
    override fun story(
        configure: RetryBuilder.(World) -> Unit,
        body: Body,
    ): Story {
        val world = ThreadWorld()
        val builder = RetryBuilder()
        builder.testing { timer(world.time).timeSource(world.time) }
        builder.hear(world.log)
        builder.configure(world)
        world.time.advance(Duration.ZERO)
        return storyOf(world.log) { run(builder, world, world.time, recorded(body)) }
    }

    protected abstract fun run(
        builder: RetryBuilder,
        world: World,
        time: ManualTime,
        body: Body,
    ): Any?

    protected fun <T> CompletableFuture<T>.await(time: ManualTime): T {
        time.run { isDone }
        failure()?.let { throw it }
        return join()
    }
}

internal class Blocking(
    isHeard: Boolean,
) : Threads("blocking", isHeard) {
    override fun run(
        builder: RetryBuilder,
        world: World,
        time: ManualTime,
        body: Body,
    ): Any? = builder.build().callBlocking { now { world.body(number) } }
}

internal class Values(
    isHeard: Boolean,
) : Threads("future of values", isHeard) {
    override fun run(
        builder: RetryBuilder,
        world: World,
        time: ManualTime,
        body: Body,
    ): Any? = builder.build().supplyAsync(time.executor) { now { world.body(number) } }.await(time)
}

internal class Stages(
    isHeard: Boolean,
) : Threads("future of stages", isHeard) {
    override fun run(
        builder: RetryBuilder,
        world: World,
        time: ManualTime,
        body: Body,
    ): Any? {
        val waiting =
            object : World by world {
                override suspend fun pass(duration: Duration) =
                    suspendCoroutine { continuation -> time.at(duration) { continuation.resume(Unit) } }
            }
        return builder.build().callAsync(time.executor) { stageOf { waiting.body(number) } }.await(time)
    }
}

/** Runs [block], which never really suspends. */
internal fun <T> now(block: suspend () -> T): T {
    var end: Result<T>? = null
    block.startCoroutine(Continuation(EmptyCoroutineContext) { end = it })
    return checkNotNull(end) { "the block has suspended" }.getOrThrow()
}

/** A stage that ends as [block] does. */
internal fun <T> stageOf(block: suspend () -> T): CompletableFuture<T> {
    val stage = CompletableFuture<T>()
    block.startCoroutine(Continuation(EmptyCoroutineContext) { end -> end.fold(stage::complete, stage::completeExceptionally) })
    return stage
}
