package dev.reprise.internal.workflow.jdbc

import dev.reprise.policy.RepriseSpi
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.WorkflowStoreException
import dev.reprise.workflow.spi.RunJournal
import dev.reprise.workflow.spi.TaskRecord
import kotlinx.coroutines.Job

/** A run that was taken, as its rows describe it. */
internal class TakenRun(
    val owner: RunOwner,
    val run: StoredRun,
    val tasks: StoredTasks,
    /** False if the first step takes it. */
    val isTaken: Boolean = true,
) {
    companion object {
        /** A run of which nothing is stored. */
        fun new(
            owner: RunOwner,
            isTaken: Boolean,
        ) = TakenRun(owner, StoredRun.NEW, StoredTasks.NONE, isTaken)
    }
}

/** One run in the database. What is saved is collected as rows, and written by [flush] in one transaction. */
@OptIn(RepriseSpi::class)
internal class JdbcRunJournal(
    private val tables: WorkflowTables,
    taken: TakenRun,
) : RunJournal {
    private val claim = taken.owner
    override val tasks: List<TaskRecord> = tables.tasks.decode(taken.tasks)
    override var outline: String? = taken.run.outline
        private set
    override var inputs: Map<String, Any?> = tables.values.decodeInputs(taken.run.inputs)
        private set
    override var state: WorkflowState = taken.run.state
        private set

    private var beginning: String? = null
    private var isOfCall = taken.run.isOfCall
    private var storedState = taken.run.state.takeIf { taken.isTaken }
    private var started = taken.tasks.started
    private var isChanged = false
    private val atomRows = LinkedHashMap<String, List<Any?>>()
    private val histories = HistoryRows(tables.tasks, claim.run)
    private val lease = RunLease(tables, claim)
    private val storedInputs by lazy(LazyThreadSafetyMode.NONE) { tables.values.inputTexts(taken.run.inputs) }
    private val isNew: Boolean get() = outline == null && tasks.isEmpty() && !isSaved
    private var isSaved = false
    private var isTaken = taken.isTaken
    private var isReleased = false

    override val lost: Job get() = lease.lost

    init {
        tasks.forEach(histories::restored)
    }

    /** To be called once the run is open: keeps it, if it has been taken. */
    fun keep() {
        if (isTaken) lease.keep()
    }

    override fun hasInput(
        name: String,
        value: Any?,
    ): Boolean = super.hasInput(name, value) || (name in storedInputs && tables.values.isEncodedAs(value, storedInputs[name]))

    override suspend fun start(
        outline: String,
        inputs: Map<String, Any?>,
        isOfCall: Boolean,
    ) {
        this.isOfCall = this.isOfCall || isOfCall
        beginning = tables.values.encodeInputs(inputs)
        this.outline = outline
        this.inputs = inputs
        isChanged = true
    }

    override suspend fun save(state: WorkflowState) {
        this.state = state
        isChanged = true
    }

    override suspend fun save(records: List<TaskRecord>) {
        // Between two saves a crash does no harm: a wave of a million tasks does not wait as a million rows.
        if (atomRows.size + histories.size >= LARGEST_BATCH) flush()
        if (!isStart(records)) saveRows(records)
        isChanged = true
    }

    /** True if [records] are one task that now is the [started] one. A run has one; others that run at the same time have rows. */
    private fun isStart(records: List<TaskRecord>): Boolean {
        val start = records.singleOrNull()?.let(StartedTask::of) ?: return false
        if (started != null) return false
        started = start
        return true
    }

    private fun saveRows(records: List<TaskRecord>) {
        val rows = records.map { tables.tasks.row(claim.run, it) }
        val changes = records.mapNotNull(histories::changeOf)
        records.forEachIndexed { i, record -> atomRows[record.name] = rows[i] }
        changes.forEach(histories::add)
        if (records.any { it.name == started?.name }) started = null
    }

    override suspend fun flush(isLast: Boolean) {
        if (lost.isCompleted) throw RunTakenException(claim.run)
        if (!isChanged) return
        val since = lease.now()
        val hold = hold(isLast)
        if (hold == RunStep.Hold.RELEASE) lease.stop()
        if (!tables.writes.write(step(hold))) {
            lease.lose()
            throw RunTakenException(claim.run)
        }
        lease.renewed(since)
        written(hold)
    }

    /** A run that is taken with its last step is released when it is closed. */
    private fun hold(isLast: Boolean) =
        when {
            !isTaken -> RunStep.Hold.TAKE
            isLast -> RunStep.Hold.RELEASE
            else -> RunStep.Hold.KEEP
        }

    private fun step(hold: RunStep.Hold) =
        RunStep(
            claim,
            state.takeIf { it != storedState },
            started,
            definition = beginning?.let { tables.runs.definition(claim.run, checkNotNull(outline), it, isOfCall) },
            tasks = atomRows.values.toList(),
            attempts = histories.attempts,
            failures = histories.failures,
            forgotten = histories.forgotten,
            hold,
        )

    private fun written(hold: RunStep.Hold) {
        if (hold == RunStep.Hold.TAKE) {
            isTaken = true
            lease.keep()
        }
        isReleased = hold == RunStep.Hold.RELEASE
        isSaved = true
        storedState = state
        beginning = null
        isChanged = false
        atomRows.clear()
        histories.clear()
    }

    override suspend fun close() {
        lease.stop()
        try {
            if (!lost.isCompleted) flush()
        } catch (e: RunTakenException) {
            tables.log("the run \"${claim.run}\" was taken by another engine before it was released", e)
        } catch (e: WorkflowStoreException) {
            tables.log("the last step of the run \"${claim.run}\" could not be written", e)
        }
        if (isTaken && !isReleased) tables.release(claim, isNew) else tables.released(claim)
    }

    private companion object {
        /** In rows. */
        const val LARGEST_BATCH = 1_000
    }
}
