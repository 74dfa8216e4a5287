package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.GroupWriter
import dev.reprise.workflow.model.WorkflowState

/** What one run writes at one moment. It counts only if the run belongs to [claim]. */
internal sealed class RunWrite {
    abstract val claim: RunOwner
    open val rows: List<List<Any?>> get() = emptyList()

    val size: GroupWriter.Size
        get() = GroupWriter.Size(rows.size + 1, rows.sumOf { row -> row.sumOf { (it as? String)?.length?.toLong() ?: SMALL } })

    private companion object {
        /** Bytes. */
        const val SMALL = 8L
    }
}

/** A step of a run: everything that it saved since its last one, as rows of the tables. */
internal class RunStep(
    override val claim: RunOwner,
    /** Null if it has not changed. */
    val state: WorkflowState?,
    val started: StartedTask?,
    /** The row of what the run starts with; null if it has started before. */
    val definition: List<Any?>?,
    val tasks: List<List<Any?>>,
    val attempts: List<List<Any?>>,
    val failures: List<List<Any?>>,
    /** By the name of the controller: the number of the first attempt that is deleted, before [attempts] are written. */
    val forgotten: Map<String, Int>,
    val hold: Hold = Hold.KEEP,
) : RunWrite() {
    /** What a step does with the ownership of its run. */
    enum class Hold {
        /** Takes a run of which nothing is stored. */
        TAKE,

        /** Renews the lease. */
        KEEP,

        RELEASE,
    }

    override val rows = listOfNotNull(definition) + tasks + attempts + failures

    /** This step as steps of at most [most] rows of a table, to be written one after the other in one transaction. */
    fun parts(most: Int): List<RunStep> {
        val (tasks, attempts, failures) = listOf(tasks, attempts, failures).map { it.chunked(most) }
        val count = maxOf(tasks.size, attempts.size, failures.size, 1)
        return List(count) {
            RunStep(
                claim,
                state,
                started,
                definition.takeIf { _ -> it == 0 },
                tasks.getOrElse(it) { emptyList() },
                attempts.getOrElse(it) { emptyList() },
                failures.getOrElse(it) { emptyList() },
                if (it == 0) forgotten else emptyMap(),
                holdOfPart(it, count),
            )
        }
    }

    private fun holdOfPart(
        part: Int,
        count: Int,
    ) = if ((hold == Hold.TAKE && part > 0) || (hold == Hold.RELEASE && part < count - 1)) Hold.KEEP else hold

    companion object {
        /** Takes a run of which nothing is stored, before anything else is known of it. */
        fun taking(claim: RunOwner) =
            RunStep(claim, WorkflowState.PENDING, null, null, emptyList(), emptyList(), emptyList(), emptyMap(), Hold.TAKE)
    }
}

/** A run is released as it is. */
internal class RunRelease(
    override val claim: RunOwner,
) : RunWrite()
