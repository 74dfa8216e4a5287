package dev.reprise.micrometer

import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.queue.event.CallEvent
import dev.reprise.queue.event.CallListener
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryListener
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.WorkflowListener
import io.micrometer.core.instrument.Counter
import io.micrometer.core.instrument.DistributionSummary
import io.micrometer.core.instrument.Gauge
import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.Timer
import kotlin.time.Duration
import kotlin.time.toJavaDuration

/**
 * Counts and times retries, durable calls and workflows, as a listener of them. One object serves any number of retries, queues and engines:
 *
 * ```
 * val metrics = RetryMetrics(registry)
 * retry { name("prices"); listener(metrics) }
 * RetryQueue.open(file) { listener(metrics) }
 * WorkflowEngine { listener(metrics) }
 * ```
 *
 * | meter | type | tags |
 * |---|---|---|
 * | `reprise.runs` | timer | `policy`, `outcome`: success, or a stop reason |
 * | `reprise.attempts` | counter | `policy`, `result`: ok, failed, rejected, timed_out, cancelled |
 * | `reprise.attempts.per.run` | summary | `policy` |
 * | `reprise.delays` | timer | `policy` |
 * | `reprise.budget.available` | gauge | `budget` |
 * | `reprise.call.attempts` | timer | `handler`, `result` |
 * | `reprise.call.lag` | timer: start minus due | `handler` |
 * | `reprise.dead` | counter | `handler`, `reason` |
 * | `reprise.takeovers`, `reprise.stale` | counter | |
 * | `reprise.workflow.runs` | timer | `workflow`, `outcome` |
 * | `reprise.workflow.reverts` | counter | `workflow` |
 *
 * `policy` is the name of the retry, or `none`. Names of policies, handlers and workflows beyond 100 of each are counted as `other`, with one warning.
 */
public class RetryMetrics(
    private val registry: MeterRegistry,
) : RetryListener,
    CallListener,
    WorkflowListener {
    private val policies = TagValues("policy")
    private val handlers = TagValues("handler")
    private val workflows = TagValues("workflow")
    private val runs = RunTimes()

    /** Adds the gauge `reprise.budget.available` of [budget], under [name]. */
    public fun budget(
        name: String,
        budget: RetryBudget,
    ): RetryMetrics {
        Gauge
            .builder("reprise.budget.available", budget) { it.available.toDouble() }
            .description("Retries that a budget allows now")
            .tag("budget", name)
            .strongReference(true)
            .register(registry)
        return this
    }

    /** Counts an event of a run. */
    override fun onEvent(event: RetryEvent) {
        val policy = policies.of(event.name)
        when (event) {
            is RetryEvent.AttemptFailed -> {
                attempt(policy, resultOf(event))
                event.nextDelay?.let { timer("reprise.delays", "Delays before attempts", "policy", policy).record(it) }
            }

            is RetryEvent.Succeeded -> {
                attempt(policy, "ok")
                ended(policy, event, "success")
            }

            else -> {
                if (event is RetryEvent.Cancelled) attempt(policy, "cancelled")
                ended(
                    policy,
                    event,
                    event.stopReason
                        ?.name
                        .orEmpty()
                        .lowercase(),
                )
            }
        }
    }

    private fun resultOf(event: RetryEvent.AttemptFailed) =
        when (event.failure) {
            null -> "rejected"
            is AttemptTimeoutException -> "timed_out"
            else -> "failed"
        }

    private fun attempt(
        policy: String,
        result: String,
    ) = counter("reprise.attempts", "Attempts by their results", "policy", policy, "result", result)

    private fun ended(
        policy: String,
        event: RetryEvent,
        outcome: String,
    ) {
        timer("reprise.runs", "Runs, all attempts and delays included", "policy", policy, "outcome", outcome).record(event.elapsed)
        DistributionSummary
            .builder("reprise.attempts.per.run")
            .description("How many attempts a run made")
            .tag("policy", policy)
            .register(registry)
            .record(event.number.toDouble())
    }

    /** Counts an event of a durable call. */
    override fun onEvent(event: CallEvent) {
        when (event) {
            is CallEvent.AttemptStarted -> {
                timer("reprise.call.lag", "Start of attempts minus due time", "handler", handlers.of(event.handler)).record(event.lag)
            }

            is CallEvent.AttemptEnded -> {
                val tags = arrayOf("handler", handlers.of(event.handler), "result", event.result.name.lowercase())
                timer("reprise.call.attempts", "Attempts at durable calls", *tags).record(event.elapsed)
            }

            is CallEvent.Settled -> {
                event.deadReason?.let { died(event, it.name) }
            }

            is CallEvent.TakenOver -> {
                counter("reprise.takeovers", "Calls taken over from workers that died")
            }

            is CallEvent.Stale -> {
                counter("reprise.stale", "Results that came too late")
            }

            else -> {
                return
            }
        }
    }

    private fun died(
        event: CallEvent.Settled,
        reason: String,
    ) = counter("reprise.dead", "Calls that died", "handler", handlers.of(event.handler), "reason", reason.lowercase())

    /** Counts an event of a workflow. */
    override fun onEvent(event: WorkflowEvent) {
        when (event) {
            is WorkflowEvent.RunChanged -> {
                val elapsed = runs.changed(event) ?: return
                val tags = arrayOf("workflow", workflows.of(event.workflow), "outcome", event.to.name.lowercase())
                timer("reprise.workflow.runs", "Runs of workflows until they end or are suspended", *tags).record(elapsed)
            }

            is WorkflowEvent.TaskChanged -> {
                if (event.isReverted) {
                    counter(
                        "reprise.workflow.reverts",
                        "Tasks that were reverted",
                        "workflow",
                        workflows.of(event.workflow),
                    )
                }
            }

            else -> {
                return
            }
        }
    }

    private val WorkflowEvent.TaskChanged.isReverted get() = !isController && to == TaskState.REVERTED

    private fun counter(
        name: String,
        description: String,
        vararg tags: String,
    ) = Counter
        .builder(name)
        .description(description)
        .tags(*tags)
        .register(registry)
        .increment()

    private fun timer(
        name: String,
        description: String,
        vararg tags: String,
    ): Timer =
        Timer
            .builder(name)
            .description(description)
            .tags(*tags)
            .register(registry)

    private fun Timer.record(time: Duration) = record(time.toJavaDuration())
}
