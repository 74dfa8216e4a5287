package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.count
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.html.relativeTo
import dev.reprise.console.internal.html.simpleName
import dev.reprise.console.internal.kit.Links
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.number
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.QueueHealth
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.operate.Group
import dev.reprise.queue.operate.GroupBy
import dev.reprise.queue.operate.LaneInfo
import dev.reprise.queue.operate.Pulse
import dev.reprise.queue.operate.StoreDurability
import dev.reprise.queue.operate.WorkerInfo
import java.time.Duration
import java.time.Instant
import java.time.temporal.ChronoUnit
import kotlin.time.Duration.Companion.days
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/** Something to look at, with the [link] to it, which is below the mount. */
internal class Problem(
    val isBad: Boolean,
    val text: String,
    val linkText: String,
    val link: String,
    /** Since when, or what fails; null if there is nothing to add. */
    val more: String? = null,
)

/** The calls of one handler. */
internal class HandlerOverview(
    val name: String,
    val lane: String?,
    val isPaused: Boolean,
    private val counts: List<CallCount>,
    /** How many are due, due later, and retrying, as text, because they are counted up to a limit. */
    val due: String,
    val dueLater: String,
    val retrying: String,
    val pulses: List<Pulse>,
) {
    fun count(state: CallState): Long = counts.filter { it.state == state }.sumOf { it.calls }
}

/** What the first page shows. */
internal class Overview private constructor(
    private val counts: List<CallCount>,
    val handlers: List<HandlerOverview>,
    val lanes: List<LaneInfo>,
    val problems: List<Problem>,
    /** Null if the store has no database. */
    val durability: StoreDurability?,
    /** The first minute of the last hour. */
    val from: Instant,
) {
    fun total(state: CallState): Long = counts.filter { it.state == state }.sumOf { it.calls }

    companion object {
        /** Calls that are due for longer than this are a problem. */
        private val LATE = Duration.ofMinutes(1)

        private const val MOST_DUE = 500L
        private const val NONE = "0"

        /** Longer than any schedule, so that all that is due is before now, and all else after it. */
        private val SPAN = 4_000.days

        suspend fun read(visit: Visit): Overview {
            val operator = visit.operator
            val counts = visit.settings.queue.counts()
            val lanes = operator.lanes()
            val workers = operator.workers()
            val until = visit.now.truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES)
            val from = until.minus(OverviewPage.MINUTES, ChronoUnit.MINUTES)
            val pulses = operator.pulse(from, until).groupBy { it.handler }
            val retrying = operator.groups(CallQuery.ALL.waitingForRetry(), setOf(GroupBy.HANDLER)).associateBy { it.handler }
            val names = (counts.map { it.handler } + lanes.flatMap { it.handlers }).toSortedSet()
            val handlers = names.map { handler(it, visit, counts, lanes, retrying[it], pulses[it].orEmpty()) }
            val yesterday = visit.now.minus(1, ChronoUnit.DAYS)
            val died = operator.groups(CallQuery.ALL.states(CallState.DEAD).endedSince(yesterday), setOf(GroupBy.HANDLER))
            val durability = operator.durability()
            val problems =
                Problems(visit.now, visit.settings.queue.health(), durability, died, workers, lanes)
                    .list(handlers, oldest(visit, handlers), unserved(handlers))
            return Overview(counts, handlers, lanes, problems, durability, from)
        }

        private suspend fun handler(
            name: String,
            visit: Visit,
            counts: List<CallCount>,
            lanes: List<LaneInfo>,
            retrying: Group?,
            pulses: List<Pulse>,
        ): HandlerOverview {
            val lane = lanes.firstOrNull { name in it.handlers }
            val (due, later) = visit.operator.due(setOf(name), visit.now.minus(SPAN.toJavaDuration()), SPAN, 2)
            val own = counts.filter { it.handler == name }
            val waiting = retrying?.number ?: NONE
            return HandlerOverview(name, lane?.name, lane?.isPaused == true, own, capped(due), capped(later), waiting, pulses)
        }

        private fun capped(number: Long) = number.grouped() + if (number >= MOST_DUE) "+" else ""

        /** Each handler is several looks, so only those with due calls are looked at. */
        private suspend fun oldest(
            visit: Visit,
            handlers: List<HandlerOverview>,
        ): CallSummary? {
            val names = handlers.filter { it.due != NONE }.map { it.name }
            if (names.isEmpty()) return null
            val query =
                CallQuery.ALL
                    .states(CallState.READY)
                    .handlers(*names.toTypedArray())
                    .order(CallQuery.Order.DUE)
            return visit.operator
                .calls(query, null, 1)
                .items
                .firstOrNull()
                ?.takeIf { it.dueAt < visit.now.minus(LATE) }
        }

        private fun unserved(handlers: List<HandlerOverview>) =
            handlers.filter { it.lane == null && it.count(CallState.READY) > 0 }.map { it.name }
    }
}

/** Finds what is wrong, the worst first. */
private class Problems(
    private val now: Instant,
    private val health: QueueHealth,
    private val durability: StoreDurability?,
    private val died: List<Group>,
    private val workers: List<WorkerInfo>,
    private val lanes: List<LaneInfo>,
) {
    fun list(
        handlers: List<HandlerOverview>,
        oldest: CallSummary?,
        unserved: List<String>,
    ): List<Problem> =
        listOfNotNull(storeDown()) + warnings() + handlers.mapNotNull(::failing) + died.map(::dead) + listOfNotNull(hung(), lost()) +
            listOfNotNull(unserved(unserved)) + listOfNotNull(oldest?.let(::late)) + lanes.filter { it.isPaused }.map(::paused)

    private fun storeDown() =
        health.storeDownFor?.let {
            Problem(
                true,
                "The store has not responded to this process for ${it.forPeople()}.",
                "Workers",
                "workers",
            )
        }

    /** A queue knows more of its store than a console without one, but only from when it started. */
    private fun warnings() =
        (durability?.warnings.orEmpty() + health.warnings).distinct().map {
            Problem(true, it.replaceFirstChar(Char::uppercase) + ".", "Workers", "workers")
        }

    private fun dead(group: Group) =
        Problem(
            true,
            "${group.number} ${if (group.count == 1) "call" else "calls"} of ${group.handler} died since yesterday.",
            "Look at them",
            Links.of("dead", listOf("handler" to group.handler)),
            if (group.count == 1) "It was enqueued ${group.newest.relativeTo(now)}." else enqueued(group),
        )

    private fun enqueued(group: Group) =
        "The oldest was enqueued ${group.oldest.relativeTo(now)}, the newest ${group.newest.relativeTo(now)}."

    /** Most of the latest attempts of a handler fail, which its dead calls will tell only when their policies give up. */
    private fun failing(handler: HandlerOverview): Problem? {
        val latest = handler.pulses.filter { it.at > now.minus(LATEST_MINUTES, ChronoUnit.MINUTES) }
        val (failed, succeeded) = latest.sumOf { it.failed.toLong() } to latest.sumOf { it.succeeded.toLong() }
        if (failed < MANY || failed < MOSTLY * succeeded) return null
        val types = latest.flatMap { it.errorTypes.entries }.groupBy({ it.key }, { it.value })
        val type = types.maxByOrNull { it.value.sum() }?.key
        val which =
            if (succeeded ==
                0L
            ) {
                "All ${failed.grouped()} attempts"
            } else {
                "${failed.grouped()} of ${(failed + succeeded).grouped()} attempts"
            }
        val text = "$which of ${handler.name} failed in the last $LATEST_MINUTES minutes."
        val link = Links.of("calls", listOf("handler" to handler.name, "retrying" to true))
        return Problem(
            true,
            text,
            "Show what waits",
            link,
            type?.let {
                "Most of them with ${it.simpleName()}. ${handler.retrying} calls wait for a retry."
            },
        )
    }

    private fun hung(): Problem? {
        val hung = workers.sumOf { it.hung.toLong() }
        val text = "${count(hung, "attempt")} did not end after ${if (hung == 1L) "its" else "their"} cancellation."
        return if (hung == 0L) null else Problem(true, text, "Workers", "workers")
    }

    private fun lost(): Problem? {
        val lost = workers.filter { !it.isValid && it.inFlight > 0 }
        if (lost.isEmpty()) return null
        val calls = lost.sumOf { it.inFlight.toLong() }
        val who = if (lost.size == 1) "The worker ${lost.single().name} lost its lease" else "${lost.size} workers lost their leases"
        return Problem(true, "$who with ${count(calls, "call")} in flight.", "Workers", "workers")
    }

    private fun unserved(handlers: List<String>): Problem? {
        if (handlers.isEmpty()) return null
        val what = if (handlers.size == 1) "the handler ${handlers.single()}" else "any of the handlers ${handlers.joinToString()}"
        val link = Links.of("calls", listOf("state" to "ready", "handler" to handlers))
        return Problem(false, "Calls wait, and no live worker has $what.", "Show them", link)
    }

    private fun late(call: CallSummary): Problem {
        val age = Duration.between(call.dueAt, now).toKotlinDuration().forPeople()
        val link = Links.of("calls", listOf("state" to "ready", "handler" to call.handler, "order" to "due"))
        return Problem(false, "The oldest due call, of ${call.handler}, has been waiting for $age.", "Show them", link)
    }

    private fun paused(lane: LaneInfo): Problem {
        val by = lane.pausedBy?.let { " by $it" }.orEmpty()
        val since = lane.pausedAt?.relativeTo(now).orEmpty()
        return Problem(false, "The lane ${lane.name} was paused$by $since.", "Lanes", "lanes")
    }

    private companion object {
        const val LATEST_MINUTES = 10L
        const val MANY = 5
        const val MOSTLY = 2
    }
}
