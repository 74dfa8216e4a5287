package dev.reprise.console.internal.pages

import dev.reprise.console.internal.kit.Visit
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.Diagnosis.Reason

/** Why a call is where it is, in parts: the ids of other calls become links. */
internal class Why private constructor(
    val kind: String?,
    text: String,
    cid: String,
) {
    class Part(
        val text: String,
        val isCid: Boolean,
    )

    val parts: List<Part> = split(text.replaceFirstChar(Char::uppercase).removeSuffix(".") + ".", cid)

    private fun split(
        text: String,
        own: String,
    ): List<Part> {
        val parts = ArrayList<Part>()
        var at = 0
        CID.findAll(text).filter { it.groupValues[1] != own }.forEach {
            val range = checkNotNull(it.groups[1]).range
            parts += Part(text.substring(at, range.first), isCid = false)
            parts += Part(it.groupValues[1], isCid = true)
            at = range.last + 1
        }
        return parts + Part(text.substring(at), isCid = false)
    }

    companion object {
        private val CID = Regex("""\bcall ([0-9A-Za-z_-]{16,})""")

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
