package dev.reprise.internal.workflow.engine

import dev.reprise.internal.util.GrowingMap
import dev.reprise.internal.workflow.plan.IntList
import dev.reprise.internal.workflow.plan.Plan
import dev.reprise.workflow.model.ControllerDecision
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.UnstorableResultException
import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.WorkflowValues
import dev.reprise.workflow.spi.AllowedTransitions
import dev.reprise.workflow.spi.Intention
import dev.reprise.workflow.spi.RunJournal
import dev.reprise.workflow.spi.TaskRecord
import kotlinx.coroutines.Job
import java.time.Instant
import java.time.InstantSource
import java.util.concurrent.atomic.AtomicReferenceArray

/**
 * The state of one run. Only the coroutine of the run writes it; any thread reads it.
 *
 * Every change takes the same steps: the table allows it, the journal saves it, then it takes effect, then (when it is durable) listeners
 * are notified.
 */
internal class RunState(
    val plan: Plan,
    request: RunRequest,
    private val journal: RunJournal,
    settings: EngineSettings,
) {
    val id: String = request.id

    /** See [RunRequest.timeLimit]. */
    val timeLimit: TimeLimit? = request.timeLimit
    private val isExecutedOnce = request.isExecutedOnce
    private val clock: InstantSource = request.clock ?: settings.clock
    private val events = RunEvents(plan, id, settings)
    private val records = AtomicReferenceArray<TaskRecord?>(plan.size)
    private var open = plan.size
    private val failing = LinkedHashMap<String, Throwable>()
    private var failingNow: GrowingMap<Throwable>? = null

    /** Stored records whose tasks are no longer in the workflow. */
    val unmatchedRecords: List<TaskRecord> = journal.tasks.filter { plan.indexOf(it.name) == null }

    val inputs: Map<String, Any?> = journal.inputs

    @Volatile
    var state: WorkflowState = journal.state
        private set

    /** The suspension of this stretch of the run. */
    val suspension = SuspensionRequest()

    private var readiness: Readiness? = null

    /** True if no atom has ever changed its state. */
    var isUntouched = true
        private set

    init {
        journal.tasks.forEach { record -> plan.indexOf(record.name)?.let { put(it, record) } }
    }

    fun record(atom: Int): TaskRecord = records[atom] ?: plan.blank(atom)

    /** The record of an atom whose state has ever changed. A large run starts without an object for each of its atoms. */
    fun known(atom: Int): TaskRecord? = records[atom]

    /** True if every atom has succeeded or was skipped. */
    val isDone: Boolean get() = open == 0

    /** The failures for which the run is being reverted, as an immutable value. */
    val failures: Map<String, Throwable>
        get() = failingNow ?: GrowingMap.of(failing).also { failingNow = it }

    /** The values at the moment of each read. */
    fun values(): WorkflowValues = ValueLookup(this).let { WorkflowValues(inputs, it::providedNames, it::allProvided) }

    /** Counted from zero for each execution of a run. */
    fun readiness(): Readiness = Readiness(plan, ::known).also { readiness = it }

    /** See [Readiness.touchedAfter]. */
    fun touchedAfter(atom: Int): IntList = checkNotNull(readiness).touchedAfter(atom)

    /** Ignored unless the run is running. */
    fun requestSuspension() {
        if (state == WorkflowState.RUNNING) suspension.make()
    }

    /** When the current step of the engine started, in epoch milliseconds; see [step]. */
    var now: Long = clock.millis()
        private set

    /** To be called when user code has ended, and when a wait is over: a clock that is read more often costs a small task more than its record. */
    fun step() {
        now = clock.millis()
    }

    /** When the first of the waiting controllers is due; null if none waits. */
    fun dueAt(): Instant? =
        (0 until plan.size)
            .mapNotNull { atom -> known(atom)?.takeIf { it.state == TaskState.RUNNING }?.dueAt }
            .minOrNull()

    suspend fun move(to: WorkflowState) {
        val from = state
        if (from == to) return
        AllowedTransitions.check(from, to)
        if (to == WorkflowState.RUNNING) suspension.withdraw()
        journal.save(to)
        state = to
        notify { events.changed(from, to) }
    }

    /** A run that a dead process or a cancelled caller left unfinished continues like a suspended one. */
    suspend fun settle() {
        if (state !in leftInTheMiddle) return
        move(WorkflowState.RESUMING)
        move(WorkflowState.SUSPENDED)
    }

    suspend fun move(
        atom: Int,
        to: TaskRecord,
    ) {
        val from = records[atom]?.state ?: TaskState.PENDING
        if (from != to.state) AllowedTransitions.check(plan.isController(atom), from, to)
        journal.save(listOf(to))
        put(atom, to)
        if (from != to.state) notify { events.changed(plan.isController(atom), from, to) }
    }

    /** Changes the intention of all [atoms] at once. There is no event: nothing has happened to them yet. */
    suspend fun intend(
        atoms: IntList,
        intention: Intention,
    ) {
        val changed = IntList()
        atoms.forEach { if (record(it).intention != intention) changed.add(it) }
        if (changed.size == 0) return
        val next = List(changed.size) { record(changed[it]).copy(intention = intention) }
        journal.save(next)
        for (i in 0 until changed.size) put(changed[i], next[i])
    }

    /** Saves that all is to be undone: from then on every engine goes backwards with this run. */
    suspend fun intendUndo() = intend(IntList().also { all -> repeat(plan.size, all::add) }, Intention.REVERT)

    /** Skips all of [atoms] at once: after a crash in between, the rest would not be decided again. */
    suspend fun ignore(atoms: IntList) {
        val before = atoms.map { record(it).state }
        val next = atoms.map { record(it).copy(state = TaskState.IGNORE, intention = Intention.IGNORE) }
        for (i in next.indices) AllowedTransitions.check(plan.isController(atoms[i]), before[i], next[i])
        journal.save(next)
        for (i in next.indices) put(atoms[i], next[i])
        for (i in next.indices) notify { events.changed(plan.isController(atoms[i]), before[i], next[i]) }
    }

    /** Keeps the end of a piece of code until it is processed. A result that cannot be stored is reported then. */
    suspend fun remember(end: TaskEnd) {
        try {
            move(end.atom, record(end.atom).endedWith(end))
        } catch (_: UnstorableResultException) {
            return
        }
    }

    /** Makes what was saved durable: before user code is called, and before a wait. */
    suspend fun flush() = journal.flush()

    /** Makes the end of this stretch durable. */
    suspend fun flushEnd() = journal.flush(isLast = isExecutedOnce)

    /** See [RunJournal.lost]. */
    val lost: Job? get() = journal.lost

    suspend fun progress(
        atom: Int,
        fraction: Double,
    ) {
        move(atom, record(atom).copy(progress = fraction))
        flush()
        notify { events.progressed(plan.atoms[atom].name, fraction) }
    }

    /** The controller [atom] has answered [decision]. */
    suspend fun decided(
        atom: Int,
        decision: ControllerDecision,
    ) {
        if (!events.hasListeners) return
        flush()
        events.publish(events.decided(plan.atoms[atom].name, decision))
    }

    /** Enters `SUSPENDING` if a suspension was requested since the last event. */
    suspend fun heedSuspension() {
        if (suspension.isMade && state == WorkflowState.RUNNING) move(WorkflowState.SUSPENDING)
    }

    suspend fun close() = journal.close()

    private fun put(
        atom: Int,
        record: TaskRecord,
    ) {
        isUntouched = false
        if (isDone(records[atom])) open++
        if (isDone(record)) open--
        records.setRelease(atom, record)
        note(record)
        readiness?.update(atom)
    }

    private fun isDone(record: TaskRecord?) = record != null && (record.state == TaskState.SUCCESS || record.state == TaskState.IGNORE)

    private fun note(record: TaskRecord) {
        val failure = record.failure
        if (failing.isEmpty() && failure == null) return
        if (failing[record.name] === failure) return
        // Failures and reverts alternate in a parallel run: one more failure does not copy the others.
        failingNow = if (failure == null || record.name in failing) null else failingNow?.plus(record.name, failure)
        if (failure == null) failing.remove(record.name) else failing[record.name] = failure
    }

    private suspend inline fun notify(event: () -> WorkflowEvent) {
        if (events.hasListeners) {
            flush()
            events.publish(event())
        }
        heedSuspension()
    }

    private companion object {
        val leftInTheMiddle = setOf(WorkflowState.RUNNING, WorkflowState.SUSPENDING, WorkflowState.RESUMING)
    }
}
