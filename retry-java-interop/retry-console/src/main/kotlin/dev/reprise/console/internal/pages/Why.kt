package dev.reprise.console.internal.pages

import dev.reprise.console.internal.kit.Visit
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.Diagnosis.Reason
import java.time.Instant

/** Why a call is where it is, in parts: the ids of other calls become links, instants become times for people. */
internal class Why private constructor(
    val kind: String?,
    private val text: String,
    private val cid: String,
) {
    sealed interface Part {
        class Words(
            val text: String,
        ) : Part

        class Other(
            val cid: String,
        ) : Part

        class Time(
            val at: Instant,
        ) : Part
    }

    val parts: List<Part> = parts(text.replaceFirstChar(Char::uppercase).removeSuffix(".") + ".")

    /** True if it says when the call is due. */
    val hasTime: Boolean get() = parts.any { it is Part.Time }

    private fun parts(text: String): List<Part> {
        val parts = ArrayList<Part>()
        var at = 0
        REFERENCE.findAll(text).forEach { found ->
            val part = part(found.groupValues[1], found.groupValues[2]) ?: return@forEach
            val group = checkNotNull(found.groups[1] ?: found.groups[2])
            parts += Part.Words(text.substring(at, group.range.first))
            parts += part
            at = group.range.last + 1
        }
        return parts + Part.Words(text.substring(at))
    }

    private fun part(
        other: String,
        instant: String,
    ): Part? =
        when {
            instant.isNotEmpty() -> Part.Time(Instant.parse(instant))
            other == cid -> null
            else -> Part.Other(other)
        }

    companion object {
        /** The id of a call, or an instant. */
        private val REFERENCE = Regex("""\bcall ([0-9A-Za-z_-]{16,})|\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)""")

        suspend fun of(
            visit: Visit,
            call: Call,
        ): Why {
            val diagnosis = visit.settings.queue.why(call.cid)
            return Why(kindOf(diagnosis, call), textOf(visit, diagnosis, call), call.cid)
        }

        /** A console without handlers looks for them at the workers. */
        private suspend fun textOf(
            visit: Visit,
            diagnosis: Diagnosis,
            call: Call,
        ): String {
            if (diagnosis.reason != Reason.NO_HANDLER) return diagnosis.text
            val lane = visit.operator.lanes().firstOrNull { call.handler in it.handlers }
            return when {
                lane == null -> "no live worker has the handler '${call.handler}'"
                lane.isPaused -> "the lane '${lane.name}' is paused" + lane.pausedBy?.let { " by $it" }.orEmpty()
                else -> "it waits for a free worker of the lane '${lane.name}'"
            }
        }

        private fun kindOf(
            diagnosis: Diagnosis,
            call: Call,
        ): String? =
            when {
                call.state == CallState.DEAD || diagnosis.reason == Reason.BLOCKED -> "bad"
                call.state == CallState.SUCCEEDED -> "good"
                diagnosis.reason in setOf(Reason.ORPHANED, Reason.PAUSED, Reason.NO_HANDLER, Reason.UNREADABLE_POLICY) -> "warn"
                else -> null
            }
    }
}
