package dev.reprise.console.internal.http

import dev.reprise.console.internal.html.html
import dev.reprise.console.internal.kit.Fragment
import dev.reprise.console.internal.kit.Json
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.pages.CallPage
import dev.reprise.console.internal.pages.OverviewPage
import dev.reprise.console.internal.pages.StormPage
import dev.reprise.console.internal.pages.WorkersPage
import dev.reprise.console.model.ConsoleRequest
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Renews the fragments of open pages: those of one page are read once in [interval], however many visitors have it open.
 */
internal class Live(
    private val limited: suspend (suspend () -> List<Fragment>) -> List<Fragment>,
    private val timeSource: TimeSource = TimeSource.Monotonic,
    private val interval: Duration = 2.seconds,
) {
    private class View {
        val lock = Mutex()
        var fragments = emptyMap<String, String>()
        var readAt: TimeMark? = null
    }

    private val views = ConcurrentHashMap<String, View>()
    private val streams = AtomicInteger()

    /** The events of the page that [visit] shows, until the collector is cancelled: a fragment whenever it has changed. */
    fun events(visit: Visit): Flow<ByteArray> {
        requireLive(visit.request.path)
        return flow {
            if (streams.incrementAndGet() > MOST_STREAMS) {
                streams.decrementAndGet()
                emit("event: full\ndata: {}\n\n".encodeToByteArray())
                return@flow
            }
            try {
                follow(visit) { emit(it) }
            } finally {
                streams.decrementAndGet()
            }
        }
    }

    private suspend fun follow(
        visit: Visit,
        emit: suspend (ByteArray) -> Unit,
    ) {
        var sent = emptyMap<String, String>()
        emit(": connected\n\n".encodeToByteArray())
        while (true) {
            val now = read(visit)
            now.filter { sent[it.key] != it.value }.forEach { (id, html) -> emit(event(id, html)) }
            if (now == sent) emit(": unchanged\n\n".encodeToByteArray())
            sent = now
            delay(interval)
        }
    }

    /** What was read before is old: something was changed. */
    fun forget() = views.clear()

    /** While the store is away the page keeps what it shows. */
    private suspend fun read(visit: Visit): Map<String, String> {
        if (views.size > MOST_VIEWS) forget()
        val view = views.computeIfAbsent(visit.request.path) { View() }
        return view.lock.withLock {
            val readAt = view.readAt
            if (readAt == null || readAt.elapsedNow() >= interval) {
                try {
                    view.fragments = limited { fragments(visit) }.associate { it.id to html(it.content) }
                } catch (e: CancellationException) {
                    throw e
                } catch (_: Exception) {
                    // The next look is in two seconds.
                }
                view.readAt = timeSource.markNow()
            }
            view.fragments
        }
    }

    private fun event(
        id: String,
        html: String,
    ) = "event: fragment\ndata: ${Json.writeLine(mapOf("id" to id, "html" to html))}\n\n".encodeToByteArray()

    private fun requireLive(path: String) {
        val isLive = path in LIVE || (path.startsWith(CALLS) && path.indexOf('/', CALLS.length) < 0)
        if (!isLive) throw Refusal.notFound("The page $path has no live updates.")
    }

    private suspend fun fragments(visit: Visit): List<Fragment> =
        when (val path = visit.request.path) {
            "/" -> OverviewPage.fragments(visit)
            "/storm" -> StormPage.fragments(visit)
            "/workers" -> WorkersPage.fragments(visit)
            else -> CallPage.fragments(visit, ConsoleRequest.decodedSegment(path.removePrefix(CALLS)))
        }

    private companion object {
        const val MOST_STREAMS = 20
        const val MOST_VIEWS = 100
        const val CALLS = "/calls/"
        val LIVE = setOf("/", "/storm", "/workers")
    }
}
