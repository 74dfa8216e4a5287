package dev.reprise.console.internal.kit

import dev.reprise.console.model.ConsoleAction
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.workflow.model.OnEnd
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
    /** What can be chosen, each a value with its words; empty: any text. */
    val options: List<Pair<String, String>> = emptyList(),
    /** False where it makes no difference to the calls of a query, so that a page need not ask. */
    val matters: suspend (Visit, CallQuery) -> Boolean = { _, _ -> true },
)

/** What can be done to calls, under the names that pages, the API and the command line share. */
internal class CallAction(
    val id: String,
    /** The verb on its button, in front of an ellipsis. */
    val words: String,
    /** The same with its object: `Retry % now`. */
    private val sentence: String,
    /** What happens to the calls: they would be `retried at once`. */
    val done: String,
    /** What follows, for the page that asks. */
    val effect: String,
    val permission: ConsoleAction,
    private val states: Set<CallState>,
    val fields: List<ActionField> = emptyList(),
    /** True if the audit needs a reason. */
    val needsReason: Boolean = true,
    private val read: (parameter: (String) -> String?) -> OperatorAction,
) {
    /** True if nothing brings the calls back. */
    val isFinal: Boolean get() = permission == ConsoleAction.CANCEL || permission == ConsoleAction.DISCARD

    fun fits(state: CallState) = state in states

    /** What is done to [calls]: "Replay 6 calls". */
    fun of(calls: String): String = sentence.replace("%", calls)

    /**
     * Refuses a visitor who may not do it. To undo runs that were to stay as they are is more than to cancel their calls.
     *
     * @throws IllegalArgumentException if a parameter is missing or cannot be read.
     */
    fun allowed(
        visit: Visit,
        parameter: (String) -> String?,
    ): OperatorAction {
        visit.require(permission)
        val action = read(parameter)
        if (action is OperatorAction.Cancel && action.onEnd == OnEnd.UNDO) visit.require(ConsoleAction.UNDO)
        return action
    }
}

internal object CallActions {
    private val waiting = setOf(CallState.READY, CallState.HELD)
    private val live = waiting + CallState.RUNNING
    private val ended = setOf(CallState.DEAD, CallState.SUCCEEDED, CallState.CANCELLED)
    private val ON_END = listOf("" to "as each was enqueued", "undo" to "undo what they did", "keep" to "keep what they did")
    private val RESET = listOf("" to "skip them", "true" to "start them over")

    val all: List<CallAction> =
        listOf(
            CallAction(
                "retry-now",
                "Retry now",
                "Retry % now",
                "due at once",
                "What waits for a later attempt is due at once. The attempt counts like any other.",
                ConsoleAction.RETRY_NOW,
                setOf(CallState.READY),
                needsReason = false,
            ) { OperatorAction.RetryNow() },
            CallAction(
                "reschedule",
                "Reschedule",
                "Reschedule %",
                "due at that time",
                "What waits is due at another time, and never after its deadline.",
                ConsoleAction.RESCHEDULE,
                waiting,
                listOf(ActionField("at", "Due at (UTC)", "2026-11-29T08:00", true)),
                needsReason = false,
            ) { OperatorAction.Reschedule(instant("at", it("at"))) },
            CallAction(
                "spread",
                "Spread",
                "Spread %",
                "spread over that time",
                "What waits is due evenly over a time from now, and never after its deadline.",
                ConsoleAction.RESCHEDULE,
                waiting,
                listOf(ActionField("over", "Over", "10m", true)),
                needsReason = false,
            ) { OperatorAction.Spread(duration("over", it("over"))) },
            CallAction(
                "change-policy",
                "Change policy",
                "Change the policy of %",
                "given this policy",
                "What waits continues with another policy. The attempts so far still count.",
                ConsoleAction.CHANGE_POLICY,
                waiting,
                listOf(ActionField("notation", "Policy", "exponential(1s, max=1h) maxAttempts(20)", true)),
            ) { OperatorAction.ChangePolicy(required("notation", it("notation"))) },
            CallAction(
                "cancel",
                "Cancel",
                "Cancel %",
                "cancelled",
                "What has not ended is cancelled, and its callbacks are notified. A running call is cancelled by its worker.",
                ConsoleAction.CANCEL,
                live,
                listOf(ActionField("onEnd", "Runs of workflows", "", false, ON_END) { visit, query -> visit.hasWorkflows(query) { true } }),
            ) { OperatorAction.Cancel(onEnd(it("onEnd"))) },
            CallAction(
                "replay",
                "Replay",
                "Replay %",
                "replayed",
                "What is dead is ready again, with its policy from the beginning.",
                ConsoleAction.REPLAY,
                setOf(CallState.DEAD),
                listOf(
                    ActionField("rate", "Calls per second", "all at once", false),
                    ActionField("reset", "Rejected workflows", "", false, RESET) { visit, query ->
                        visit.hasWorkflows(query) { it.deadReason == DeadReason.REJECTED }
                    },
                ),
            ) { OperatorAction.Replay(rate(it("rate")), flag("reset", it("reset"))) },
            CallAction(
                "discard",
                "Discard",
                "Discard %",
                "deleted for good",
                "What has ended is deleted for good, with its failures.",
                ConsoleAction.DISCARD,
                ended,
            ) { OperatorAction.Discard() },
        )

    /** @throws IllegalArgumentException if there is no such action. */
    fun of(id: String?): CallAction =
        requireNotNull(all.firstOrNull { it.id == id }) { "there is no action '${id.orEmpty()}'; there are ${all.joinToString { it.id }}" }

    /** Those that the visitor is allowed, and that fit one of [states]; empty: any. */
    fun bulk(
        visit: Visit,
        states: Set<CallState>,
    ): List<CallAction> = all.filter { action -> visit.allows(action.permission) && (states.isEmpty() || states.any(action::fits)) }

    /** Those that fit a call in [state] and that the visitor is allowed. */
    fun single(
        visit: Visit,
        state: CallState,
    ): List<CallAction> = bulk(visit, setOf(state)).filter { it.id != "spread" }

    private fun required(
        name: String,
        value: String?,
    ): String = requireNotNull(value) { "$name is missing" }

    private fun onEnd(value: String?): OnEnd? {
        val text = value ?: return null
        return requireNotNull(OnEnd.entries.firstOrNull { it.name.equals(text, ignoreCase = true) }) {
            "onEnd must be undo or keep, but was '$text'"
        }
    }

    private fun flag(
        name: String,
        value: String?,
    ): Boolean = value != null && requireNotNull(value.toBooleanStrictOrNull()) { "$name must be true or false, but was '$value'" }

    /** A day or a time without a zone is in UTC. */
    private fun instant(
        name: String,
        value: String?,
    ): Instant {
        val text = required(name, value)
        val whole =
            when {
                text.endsWith("Z", ignoreCase = true) -> text
                'T' !in text -> "${text}T00:00:00Z"
                text.count { it == ':' } == 1 -> "$text:00Z"
                else -> "${text}Z"
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
