package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.policy.RepriseSpi
import dev.reprise.workflow.model.ControllerAttempt
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
    private var isChanged = false
    private val atomRows = LinkedHashMap<String, List<Any?>>()
    private val attemptRows = LinkedHashMap<Pair<String, Int>, List<Any?>>()
    private val forgotten = HashMap<String, Int>()
    private val attempts = HashMap<String, List<ControllerAttempt>>()
    private val lease = RunLease(tables, claim)
    private val storedInputs by lazy(LazyThreadSafetyMode.NONE) { tables.values.inputTexts(taken.run.inputs) }
    private val isNew: Boolean get() = outline == null && tasks.isEmpty() && !isSaved
    private var isSaved = false

    override val lost: Job get() = lease.lost

    init {
        tasks.forEach { atom -> atom.history?.let { attempts[atom.name] = it.attempts } }
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
    ) {
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
        if (atomRows.size >= LARGEST_BATCH) flush()
        val rows = records.map { tables.tasks.row(claim.run, it) }
        val changed = records.map { changedAttempts(it) }
        records.forEachIndexed { i, record ->
            atomRows[record.name] = rows[i]
            attemptRows += changed[i]
            record.history?.let { remember(record.name, it.attempts) }
        }
        isChanged = true
    }

    /** A history is never modified, only replaced: the same object is the same attempt. */
    private fun changedAttempts(record: TaskRecord): Map<Pair<String, Int>, List<Any?>> {
        val now = record.history?.attempts.orEmpty()
        val before = attempts[record.name].orEmpty()
        var same = minOf(now.size, before.size)
        while (same > 0 && now[same - 1] !== before[same - 1]) same--
        return (same until now.size).associate {
            (record.name to it + 1) to
                tables.tasks.row(claim.run, record.name, it + 1, now[it])
        }
    }

    private fun remember(
        atom: String,
        now: List<ControllerAttempt>,
    ) {
        val before = attempts.put(atom, now).orEmpty().size
        if (now.size >= before) return
        for (number in now.size + 1..before) attemptRows -= atom to number
        forgotten.merge(atom, now.size + 1, ::minOf)
    }

    override suspend fun flush() {
        if (lost.isCompleted) throw RunTakenException(claim.run)
        if (!isChanged) return
        val since = lease.now()
        val isMine =
            tables.transaction { session ->
                runs.write(session, claim, state).also { if (it) write(session) }
            }
        if (!isMine) {
            lease.lose()
            throw RunTakenException(claim.run)
        }
        lease.renewed(since)
        written()
    }

    private fun write(session: JdbcSession) {
        beginning?.let { tables.runs.begin(session, claim, checkNotNull(outline), it) }
        forgotten.forEach { (atom, from) -> tables.tasks.forget(session, claim.run, atom, from) }
        tables.tasks.write(session, atomRows.values.toList(), attemptRows.values.toList())
    }

    private fun written() {
        isSaved = true
        beginning = null
        isChanged = false
        atomRows.clear()
        attemptRows.clear()
        forgotten.clear()
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
        /** In tasks. */
        const val LARGEST_BATCH = 1_000
    }
}
