package dev.reprise.internal.engine

import dev.reprise.internal.policy.Judge
import dev.reprise.internal.policy.PolicyLogic
import dev.reprise.internal.util.CoroutinesVersion
import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.RunClock
import dev.reprise.internal.util.describe
import dev.reprise.internal.util.runLogged
import dev.reprise.run.ContextCarrier
import dev.reprise.run.NestedRetries
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryListener
import dev.reprise.run.RetryTimer
import kotlinx.coroutines.CoroutineScope
import kotlin.random.Random
import kotlin.time.TimeSource

/** A policy that can be replaced between two runs. */
internal interface PolicySource {
    val current: PolicyLogic
}

/** What the loops know about a `Retry`: the policy, and what is alive around it. Immutable, shared by all runs. */
internal class RunConfig(
    val policy: PolicyLogic,
    val stops: List<StopCondition> = emptyList(),
    val budgets: List<RetryBudget> = emptyList(),
    val listeners: List<RetryListener> = emptyList(),
    val nestedRetries: NestedRetries = NestedRetries.ALLOW,
    val random: Random = Random.Default,
    val timeSource: TimeSource = TimeSource.Monotonic,
    val timer: RetryTimer = RetryTimer.system,
    val name: String? = null,
    /** True if a run with a future does not wait for a cancelled body to end before it starts the next one. */
    val abandonsCancelled: Boolean = false,
    /** Where runs look their policy up when they start; null if it never changes. */
    val source: PolicySource? = null,
    /** What judges attempts before the policy does; null if only the policy does. */
    val judge: Judge? = null,
    /** What futures carry to their threads; null: what was found in the process. */
    val carriers: List<ContextCarrier>? = null,
) {
    init {
        CoroutinesVersion.requireSupported()
    }

    val clock = RunClock(timeSource)
    val hasListeners: Boolean = listeners.isNotEmpty()

    /** True if nothing has to be known, watched or reported before the first attempt has failed: then it costs nothing. */
    val isPlain: Boolean =
        source == null && stops.isEmpty() && budgets.isEmpty() && !hasListeners && nestedRetries == NestedRetries.ALLOW &&
            !policy.judgesResults &&
            !policy.hasDeadline && policy.initialDelayNanos == 0L && policy.attemptTimeoutNanos >= LONGEST_WAIT

    /** The first attempt of every plain run: the same facts, so the same object. Null if runs are not plain. */
    val plainFirst: RunAttempt? = if (isPlain) BriefAttempt(this, 1, null) else null

    /** This config with the policy that [source] had when a run started last. */
    @Volatile
    private var resolved: RunConfig? = null

    /** The config of a run that starts now, which keeps it to its end. */
    fun current(): RunConfig = if (source == null) this else resolve(source.current)

    private fun resolve(policy: PolicyLogic): RunConfig =
        resolved?.takeIf { it.policy === policy } ?: with(policy, source = null, judge).also { resolved = it }

    /** These settings with another policy. */
    fun with(
        policy: PolicyLogic,
        source: PolicySource?,
        judge: Judge?,
    ) = RunConfig(
        policy,
        stops,
        budgets,
        listeners,
        nestedRetries,
        random,
        timeSource,
        timer,
        name,
        abandonsCancelled,
        source,
        judge,
        carriers,
    )

    /** Returns when a stop is triggered. */
    val untilStopped: suspend CoroutineScope.() -> Any? = { stops.awaitAny() }

    val isStopped: Boolean get() = stops.any { it.isTriggered }

    /** Every run that was [start]ed ends once, so that a shutdown can wait for it. */
    fun runEnded(): Unit = stops.forEach { it.signal?.runEnded() }

    fun notify(event: RetryEvent) {
        listeners.forEach { listener ->
            runLogged({ "listener ${listener.describe()}, notified of attempt ${event.number}," }) { listener.onEvent(event) }
        }
    }

    fun describeStop(): String =
        stops
            .firstOrNull { it.isTriggered }
            ?.signal
            ?.reason
            ?.let { "stopped ($it)" } ?: "stopped"
}
