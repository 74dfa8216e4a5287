package dev.reprise.internal.workflow.engine

import dev.reprise.workflow.model.WorkflowListener
import kotlinx.coroutines.Job
import java.time.InstantSource
import kotlin.coroutines.CoroutineContext
import kotlin.time.TimeSource

/** The settings of one engine, as its builder describes them. */
internal class EngineSettings(
    val parallelism: Int,
    context: CoroutineContext,
    val deferReverts: Boolean,
    val resolveFailures: Boolean,
    val acceptChanges: Boolean,
    val listeners: List<WorkflowListener>,
    val timeSource: TimeSource,
    val clock: InstantSource,
) {
    /** Without a job: the life of a task depends on its run alone. */
    val context: CoroutineContext = context.minusKey(Job)
}
