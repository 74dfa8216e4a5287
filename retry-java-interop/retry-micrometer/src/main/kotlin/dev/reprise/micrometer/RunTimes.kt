package dev.reprise.micrometer

import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.WorkflowState
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** How long runs of workflows take. Those that never end here, as when their caller is cancelled, are forgotten in time. */
internal class RunTimes {
    private val begun =
        object : LinkedHashMap<String, Instant>() {
            override fun removeEldestEntry(eldest: MutableMap.MutableEntry<String, Instant>): Boolean = size > MOST
        }

    /** How long the run took that ends, or is suspended, with [event]; null if it does not. */
    @Synchronized
    fun changed(event: WorkflowEvent.RunChanged): Duration? {
        if (event.to == WorkflowState.RUNNING) begun[event.runId] = event.at
        if (event.to !in ends) return null
        val begin = begun.remove(event.runId) ?: return null
        return maxOf(JavaDuration.between(begin, event.at).toKotlinDuration(), Duration.ZERO)
    }

    private companion object {
        const val MOST = 10_000
        val ends = setOf(WorkflowState.SUCCESS, WorkflowState.FAILURE, WorkflowState.REVERTED, WorkflowState.SUSPENDED)
    }
}
