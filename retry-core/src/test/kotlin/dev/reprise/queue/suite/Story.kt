package dev.reprise.queue.suite

import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.target
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.delay
import java.time.Instant
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.milliseconds

/** One story: [configure] registers its handlers, [happens] is what the caller does and sees. */
internal class Story(
    val name: String,
    val configure: RetryQueueBuilder.(World) -> Unit,
    val happens: suspend World.() -> Unit,
)

/** The queue of a story, and what its handlers share with its caller. */
internal class World(
    private val host: CallQueueHost,
) {
    lateinit var queue: CallQueue

    /** What happened, in its order. */
    val log = CopyOnWriteArrayList<String>()

    /** What handlers wait for. */
    val gate = CompletableDeferred<Unit>()

    val now: Instant get() = host.now()

    /** The log, as soon as it has [lines] lines. */
    suspend fun log(lines: Int): List<String> = log.also { until { log.size >= lines } }
}

internal class StoryList {
    val stories = ArrayList<Story>()

    fun story(
        name: String,
        configure: RetryQueueBuilder.(World) -> Unit = { handle(charge) { "paid $it" } },
        happens: suspend World.() -> Unit,
    ) {
        stories += Story(name, configure, happens)
    }
}

internal fun stories(block: StoryList.() -> Unit): List<Story> = StoryList().apply(block).stories

internal suspend fun until(isSo: suspend () -> Boolean) {
    while (!isSo()) delay(2.milliseconds)
}

internal val charge: Target<String, String> = target("charge")
internal val refund: Target<String, String> = target("refund")
