package dev.reprise

import dev.reprise.internal.engine.PolicySource
import dev.reprise.internal.engine.RunConfig
import dev.reprise.internal.engine.StopCondition
import dev.reprise.internal.policy.PolicySpec
import dev.reprise.internal.util.compact
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.RepriseSpi
import dev.reprise.run.ContextCarrier
import dev.reprise.run.NestedRetries
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryListener
import dev.reprise.run.StopSignal
import kotlinx.coroutines.Job
import java.util.function.Consumer
import java.util.function.UnaryOperator
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** The settings of a [Retry]: those of its policy, and what is alive around it, such as stop signals, budgets and listeners. */
@SubclassOptInRequired(RepriseSpi::class)
@OptIn(RepriseSpi::class)
public abstract class RetryOptions<B : RetryOptions<B>> protected constructor() :
    PolicyOptions<B>(PolicySpec(otherLimits = listOf("stopWhen(signal)", "budget(budget)"))) {
        private val stops = ArrayList<StopCondition>()
        private val budgets = ArrayList<RetryBudget>()
        private val listeners = ArrayList<RetryListener>()
        private val test = TestOptions()
        private var nested = NestedRetries.ALLOW
        private var name: String? = null
        private var abandonsCancelled = false
        private var source: PolicySource? = null
        private var carriers: List<ContextCarrier>? = null

        /**
         * Sets the name that appears in events, logs and metrics. Default: none.
         *
         * @throws IllegalArgumentException if [name] is blank.
         */
        public fun name(name: String): B =
            set {
                require(name.isNotBlank()) { "name must not be blank" }
                this.name = name
            }

        /**
         * Uses [policy] instead of settings in this block.
         *
         * @throws IllegalArgumentException if a policy was set before; when the retry is built, also if settings of a policy were set as well.
         */
        public fun policy(policy: RetryPolicy): B = set { spec.policy(policy.logic) }

        /**
         * Uses the policy that has this [name] in [policies], instead of settings in this block. It is looked up whenever a run starts. Unless
         * [name][RetryOptions.name] is set, events carry the name of the policy.
         *
         * @throws IllegalArgumentException if [policies] has no such name, or a policy was set before; when the retry is built, also if settings
         * of a policy were set as well.
         */
        public fun policy(
            policies: NamedPolicies,
            name: String,
        ): B =
            set {
                val named = policies.named(name)
                spec.policy(named.current)
                source = named
                if (this.name == null) this.name = name
            }

        /**
         * Stops the run when [job] completes or is cancelled. A delay ends immediately. A running attempt can finish, and counts if it succeeds;
         * after [grace] it is cancelled. Default of [grace]: no limit.
         *
         * A stopped run throws its last failure, with reason `STOPPED`; if it is stopped before its first attempt ends, it throws a
         * `RetryStoppedException`.
         *
         * @throws IllegalArgumentException if [grace] is negative.
         */
        @JvmSynthetic
        public fun stopWhen(
            job: Job,
            grace: Duration = Duration.INFINITE,
        ): B = set { stops += StopCondition(job, null, graceNanos(grace)) }

        /** Stops the run when [signal] is triggered. A delay ends immediately; a running attempt can finish, and counts if it succeeds. */
        public fun stopWhen(signal: StopSignal): B = stopWhen(signal, Duration.INFINITE)

        /**
         * Stops the run when [signal] is triggered. A delay ends immediately; a running attempt can finish, but is cancelled after [grace].
         *
         * @throws IllegalArgumentException if [grace] is negative.
         */
        @JvmSynthetic
        public fun stopWhen(
            signal: StopSignal,
            grace: Duration,
        ): B = set { stops += StopCondition(signal.triggered, signal, graceNanos(grace)) }

        /** Stops the run when [signal] is triggered. A delay ends immediately; a running attempt can finish, but is cancelled after [grace]. */
        public fun stopWhen(
            signal: StopSignal,
            grace: JavaDuration,
        ): B = stopWhen(signal, grace.toKotlinDuration())

        /** Takes a unit of [budget] for every retry; a run that finds it empty ends with reason `BUDGET`. With several, each needs a unit. */
        public fun budget(budget: RetryBudget): B = set { budgets += budget }

        /** Calls [hook] after a failed attempt, before the delay, if another attempt follows. What it throws is logged and changes nothing. */
        @JvmSynthetic
        public fun beforeRetry(hook: RetryEvent.AttemptFailed.() -> Unit): B = set { listeners += BeforeRetry(hook) { it.hook() } }

        /** Calls [hook] after a failed attempt, before the delay, if another attempt follows. What it throws is logged and changes nothing. */
        public fun beforeRetry(hook: Consumer<in RetryEvent.AttemptFailed>): B = set { listeners += BeforeRetry(hook, hook::accept) }

        /** Notifies [listener] of every event, on the thread that runs the attempts. What it throws is logged and changes nothing. */
        public fun listener(listener: RetryListener): B = set { listeners += listener }

        /**
         * Starts the next attempt of a future when the previous one times out, without waiting for a body that ignores its interrupt. Bodies of
         * one run can then overlap, and the result of a late one is discarded. Default: an attempt ends when its body has ended.
         */
        public fun abandonTimedOutBodies(): B = set { abandonsCancelled = true }

        /**
         * Carries the context of the caller to the threads of a future by [carriers], and by no others; without any, nothing is carried.
         * Default: all that are found in the process, see [ContextCarrier].
         */
        public fun carriers(vararg carriers: ContextCarrier): B = set { this.carriers = carriers.toList() }

        /** Sets what retries inside the body can do. Default: [NestedRetries.ALLOW]. */
        public fun nestedRetries(mode: NestedRetries): B = set { nested = mode }

        /** Applies [settings] that only tests need: randomness and time. */
        @JvmSynthetic
        public fun testing(settings: TestOptions.() -> TestOptions): B = set { test.settings() }

        /** Applies [settings] that only tests need: `testing(t -> t.time(virtualTime).random(7))`. */
        public fun testing(settings: UnaryOperator<TestOptions>): B = set { settings.apply(test) }

        /** Starts with the settings of [config]. */
        internal fun copy(config: RunConfig) {
            spec.policy(config.policy)
            stops += config.stops
            budgets += config.budgets
            listeners += config.listeners
            nested = config.nestedRetries
            name = config.name
            abandonsCancelled = config.abandonsCancelled
            source = config.source
            carriers = config.carriers
            test.random(config.random).timeSource(config.timeSource).timer(config.timer)
        }

        /**
         * Builds the retry. The options can be changed afterwards; the retry stays unchanged.
         *
         * @throws IllegalArgumentException if nothing limits its runs, or two settings contradict each other; the message says how to fix it.
         */
        protected fun buildRetry(): Retry {
            val policy = RetryPolicy(spec.build(endsOtherwise = stops.isNotEmpty() || budgets.isNotEmpty()))
            val config =
                RunConfig(
                    policy.logic,
                    stops.toList(),
                    budgets.toList(),
                    listeners.toList(),
                    nested,
                    test.usedRandom,
                    test.usedTimeSource,
                    test.usedTimer,
                    name,
                    abandonsCancelled,
                    source,
                    carriers = carriers,
                )
            return Retry(policy, config)
        }

        private fun graceNanos(grace: Duration): Long {
            require(
                !grace.isNegative(),
            ) { "grace must not be negative, but was ${grace.compact()}; zero cancels a running attempt immediately" }
            return grace.toWaitNanos()
        }
    }

/** Forwards the failed attempts that are retried. The log names the class of [hook]. */
private class BeforeRetry(
    private val hook: Any,
    private val call: (RetryEvent.AttemptFailed) -> Unit,
) : RetryListener {
    override fun onEvent(event: RetryEvent) {
        if (event is RetryEvent.AttemptFailed && event.nextDelay != null) call(event)
    }

    override fun toString(): String = hook.toString()
}
