package dev.reprise.console.internal.kit

import dev.reprise.console.model.ConsoleAction
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.OperatorAction
import java.time.Duration
import java.time.Instant
import java.time.format.DateTimeParseException
import java.util.Locale

/** A parameter of an action, as a field of a form. */
internal class ActionField(
    val name: String,
    val label: String,
    val hint: String,
    val isRequired: Boolean,
)

/** What can be done to calls, under the names that pages, the API and the command line share. */
internal class CallAction(
    val id: String,
    /** The verb on its button. */
    val words: String,
    /** What follows, for the page that asks. */
    val effect: String,
    val permission: ConsoleAction,
    val isDestructive: Boolean,
    val fields: List<ActionField>,
    private val states: Set<CallState>,
    private val read: (parameter: (String) -> String?) -> OperatorAction,
) {
    fun fits(state: CallState) = state in states

    /** @throws IllegalArgumentException if a parameter is missing or cannot be read. */
    fun action(parameter: (String) -> String?): OperatorAction = read(parameter)
}

internal object CallActions {
    private val waiting = setOf(CallState.READY, CallState.HELD)
    private val live = waiting + CallState.RUNNING
    private val ended = setOf(CallState.DEAD, CallState.SUCCEEDED, CallState.CANCELLED)

    val all: List<CallAction> =
        listOf(
            CallAction(
                "retry-now",
                "Retry now",
                "They are due at once. Each counts as an attempt like any other.",
                ConsoleAction.RETRY_NOW,
                false,
                emptyList(),
                setOf(CallState.READY),
            ) { OperatorAction.RetryNow() },
            CallAction(
                "reschedule",
                "Reschedule",
                "They are due at another time, at the latest at their deadline.",
                ConsoleAction.RESCHEDULE,
                false,
                listOf(ActionField("at", "Due at (UTC)", "2026-11-29T08:00", true)),
                waiting,
            ) { OperatorAction.Reschedule(instant("at", it("at"))) },
            CallAction(
                "spread",
                "Spread",
                "They are due evenly over a time from now, at the latest at their deadlines.",
                ConsoleAction.RESCHEDULE,
                false,
                listOf(ActionField("over", "Over", "10m", true)),
                waiting,
            ) { OperatorAction.Spread(duration("over", it("over"))) },
            CallAction(
                "change-policy",
                "Change policy",
                "They get another policy. The attempts so far still count.",
                ConsoleAction.CHANGE_POLICY,
                true,
                listOf(ActionField("notation", "Policy", "exponential(1s, max=1h) maxAttempts(20)", true)),
                waiting,
            ) { OperatorAction.ChangePolicy(required("notation", it("notation"))) },
            CallAction(
                "cancel",
                "Cancel",
                "They end as cancelled, and their callbacks are notified. A running one is cancelled by its worker.",
                ConsoleAction.CANCEL,
                true,
                emptyList(),
                live,
            ) { OperatorAction.Cancel() },
            CallAction(
                "replay",
                "Replay",
                "They are ready again, each with a fresh policy.",
                ConsoleAction.REPLAY,
                true,
                listOf(ActionField("rate", "Calls per second", "all at once", false)),
                setOf(CallState.DEAD),
            ) { OperatorAction.Replay(rate(it("rate"))) },
            CallAction(
                "discard",
                "Discard",
                "They are deleted for good.",
                ConsoleAction.DISCARD,
                true,
                emptyList(),
                ended,
            ) { OperatorAction.Discard() },
        )

    /** @throws IllegalArgumentException if there is no such action. */
    fun of(id: String?): CallAction =
        requireNotNull(all.firstOrNull { it.id == id }) { "there is no action '${id.orEmpty()}'; there are ${all.joinToString { it.id }}" }

    /** Those that the visitor is allowed. */
    fun bulk(visit: Visit): List<CallAction> = all.filter { visit.allows(it.permission) }

    /** Those that fit a call in [state] and that the visitor is allowed. */
    fun single(
        visit: Visit,
        state: CallState,
    ): List<CallAction> = bulk(visit).filter { it.fits(state) && it.id != "spread" }

    private fun required(
        name: String,
        value: String?,
    ): String = requireNotNull(value) { "$name is missing" }

    /** A day or a time without a zone is in UTC. */
    private fun instant(
        name: String,
        value: String?,
    ): Instant {
        val text = required(name, value)
        val whole =
            if (text.endsWith("Z", ignoreCase = true)) {
                text
            } else if ('T' in
                text
            ) {
                text + ":00".repeat(if (text.count { it == ':' } == 1) 1 else 0) + "Z"
            } else {
                "${text}T00:00:00Z"
            }
        return try {
            Instant.parse(whole.uppercase(Locale.ROOT))
        } catch (_: DateTimeParseException) {
            throw IllegalArgumentException("$name must be a time like 2026-11-29T08:00, but was '$text'")
        }
    }

    private val PART = Regex("""(\d+)(ms|s|m|h|d)""")

    /** A duration as the notation writes it: `10m`, `1h30m`. */
    private fun duration(
        name: String,
        value: String?,
    ): Duration {
        val text = required(name, value).replace(" ", "")
        require(text.isNotEmpty() && PART.replace(text, "").isEmpty()) { "$name must be a duration like 10m, but was '$text'" }
        return PART.findAll(text).fold(Duration.ZERO) { sum, part -> sum + ofUnit(part.groupValues[1].toLong(), part.groupValues[2]) }
    }

    private fun ofUnit(
        number: Long,
        unit: String,
    ): Duration =
        when (unit) {
            "ms" -> Duration.ofMillis(number)
            "s" -> Duration.ofSeconds(number)
            "m" -> Duration.ofMinutes(number)
            "h" -> Duration.ofHours(number)
            else -> Duration.ofDays(number)
        }

    /** `10` or `10/s`. */
    private fun rate(value: String?): Double? {
        val text = value ?: return null
        val number =
            text
                .removeSuffix("/s")
                .trim()
                .toDoubleOrNull()
                ?.takeIf { it > 0 && it.isFinite() }
        return requireNotNull(number) { "rate must be a number of calls per second, but was '$text'" }
    }
}
