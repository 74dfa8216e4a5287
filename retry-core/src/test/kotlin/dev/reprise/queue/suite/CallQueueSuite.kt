package dev.reprise.queue.suite

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.model.CallQueue
import io.kotest.core.spec.style.funSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.collections.shouldBeEmpty
import kotlinx.coroutines.withTimeout
import java.time.Instant
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** A kind of queue, for [callQueueSuite]. */
interface CallQueueHost {
    /** Opens an empty queue with the handlers of [registry], runs [story] while it works, and closes it. */
    suspend fun run(
        registry: HandlerRegistry,
        story: suspend (CallQueue) -> Unit,
    )

    /** The present on the clock by which calls are due. */
    fun now(): Instant = Instant.now()

    /** The only place that says what this kind of queue does not do: names of stories, each with the reason. */
    val excused: Map<String, String> get() = emptyMap()
}

/** What every queue does for its callers, wherever its handlers run: a test for each story, run by the spec of each kind of queue. */
fun callQueueSuite(host: CallQueueHost) =
    funSpec {
        test("whatever the queue is excused from is a story of this suite") {
            (host.excused.keys - allStories.map { it.name }.toSet()).shouldBeEmpty()
        }

        for (story in allStories) {
            val reason = host.excused[story.name]
            test(story.name).config(enabledOrReasonIf = { if (reason == null) Enabled.enabled else Enabled.disabled(reason) }) {
                val world = World(host)
                val registry =
                    HandlerRegistry.of {
                        policy { every(10.milliseconds).maxAttempts(3) }
                        story.configure(this, world)
                    }
                withTimeout(1.minutes) {
                    host.run(registry) { queue ->
                        world.queue = queue
                        story.happens(world)
                    }
                }
            }
        }
    }

private val allStories: List<Story> =
    listOf(
        callStories,
        optionStories,
        keyStories,
        orderStories,
        retryStories,
        outcomeStories,
        childStories,
        endStories,
        laneStories,
        refusalStories,
    ).flatten()
