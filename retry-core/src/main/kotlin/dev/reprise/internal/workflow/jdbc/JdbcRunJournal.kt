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
)

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
    private var isChanged = false
    private val atomRows = LinkedHashMap<String, List<Any?>>()
    private val histories = HistoryRows(tables.tasks, claim.run)
    private val lease = RunLease(tables, claim)
    private val storedInputs by lazy(LazyThreadSafetyMode.NONE) { tables.values.inputTexts(taken.run.inputs) }
    private val isNew: Boolean get() = outline == null && tasks.isEmpty() && !isSaved
    private var isSaved = false

    override val lost: Job get() = lease.lost

    init {
        tasks.forEach(histories::restored)
    }

    /** To be called once the run has finally been taken. */
    fun keep() = lease.keep()

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
        val rows = records.map { tables.tasks.row(claim.run, it) }
        val changes = records.mapNotNull(histories::changeOf)
        records.forEachIndexed { i, record -> atomRows[record.name] = rows[i] }
        changes.forEach(histories::add)
        isChanged = true
    }

    override suspend fun flush() {
        if (lost.isCompleted) throw RunTakenException(claim.run)
        if (!isChanged) return
        val since = lease.now()
        if (!tables.writes.write(step())) {
            lease.lose()
            throw RunTakenException(claim.run)
        }
        lease.renewed(since)
        written()
    }

    private fun step() =
        RunStep(
            claim,
            state,
            definition = beginning?.let { tables.runs.definition(claim.run, checkNotNull(outline), it, isOfCall) },
            tasks = atomRows.values.toList(),
            attempts = histories.attempts,
            failures = histories.failures,
            forgotten = histories.forgotten,
        )

    private fun written() {
        isSaved = true
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
        tables.release(claim, isNew)
    }

    private companion object {
        /** In rows. */
        const val LARGEST_BATCH = 1_000
    }
}
