package dev.reprise.workflow

import dev.reprise.internal.workflow.engine.HistoryCopies
import dev.reprise.internal.workflow.text.Outline
import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RepriseSpi
import dev.reprise.policy.RestoredFailure
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.operate.RunCursor
import dev.reprise.workflow.operate.RunPage
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.operate.RunSnapshot
import dev.reprise.workflow.operate.RunSummary
import dev.reprise.workflow.operate.WorkflowStructure
import dev.reprise.workflow.spi.RunJournal
import dev.reprise.workflow.spi.StoredValues
import dev.reprise.workflow.spi.TaskRecord
import dev.reprise.workflow.spi.WorkflowStore
import java.time.Instant
import java.time.InstantSource
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicReference

/**
 * Keeps runs as long as this object lives: for workflows that need no second process, and for tests of resumption.
 *
 * With a [codec], results, inputs and the values of controllers are encoded and decoded as in a database, and failures are restored from
 * their descriptions, so that a test sees its effects. Without one (the default) the objects themselves are kept.
 *
 * A run to which the caller gave no id is forgotten when it has succeeded or was reverted. The others stay until they are removed or purged.
 *
 * [clock] gives the instants at which runs were created and changed.
 */
@OptIn(RepriseSpi::class)
public class InMemoryWorkflowStore
    @JvmOverloads
    constructor(
        private val codec: ValueCodec? = null,
        private val clock: InstantSource = InstantSource.system(),
    ) : WorkflowStore {
        private val runs = ConcurrentHashMap<String, Run>()
        private val values = codec?.let(::StoredValues)

        override suspend fun open(
            run: String,
            isExecuted: Boolean,
        ): RunJournal {
            val stored = runs.computeIfAbsent(run) { Run(clock.millis()) }
            val owner = Any()
            if (!stored.owner.compareAndSet(null, owner)) throw RunTakenException(run)
            return try {
                Journal(run, stored, owner, stored.atoms.values.map(::decoded), stored.inputs.mapValues { (name, it) -> decoded(name, it) })
            } catch (e: Throwable) {
                // A codec can throw anything; the run stays free.
                stored.owner.set(null)
                throw e
            }
        }

        override val keepsAnonymousRuns: Boolean get() = false

        override suspend fun runs(
            query: RunQuery,
            after: String?,
            limit: Int,
        ): RunPage {
            RunCursor.requireLimit(limit)
            val start = RunCursor.of(after)
            val following = runs.map { (id, run) -> run.summary(id) }.filter { it.cursor > start }.sortedBy { it.cursor }
            return RunCursor.page(query, following, limit, most = Int.MAX_VALUE)
        }

        override suspend fun read(run: String): RunSnapshot? = runs[run]?.snapshot(run)

        override suspend fun purge(
            before: Instant,
            limit: Int,
        ): Int {
            val old = runs.entries.filter { (_, run) -> run.hasEnded && run.changedAt < before.toEpochMilli() }.take(limit)
            return old.count { (id, run) -> remove(id, run) }
        }

        override suspend fun remove(ids: Collection<String>): Set<String> =
            ids.filter { id -> runs[id]?.let { remove(id, it) } == true }.toSet()

        /** False if an engine owns it. */
        private fun remove(
            id: String,
            run: Run,
        ): Boolean = run.owner.compareAndSet(null, Any()) && runs.remove(id, run)

        /** A copy without an owner, as after the death of the process. */
        public fun copy(): InMemoryWorkflowStore =
            InMemoryWorkflowStore(codec, clock).also { copy -> runs.forEach { (name, run) -> copy.runs[name] = run.copy() } }

        private fun decoded(
            input: String,
            stored: Any?,
        ): Any? = if (values == null) stored else values.decodeInput(input, stored as String?)

        private fun encoded(
            record: TaskRecord,
            histories: HistoryCopies,
        ): TaskRecord =
            record.copy(
                result = values?.encode(record.name, record.result),
                revertResult = values?.encode(record.name, record.revertResult),
                failure = record.failure?.let(::restored),
                revertFailure = record.revertFailure?.let(::restored),
                history = record.history?.let { histories.of(record.name, it) },
            )

        private fun decoded(record: TaskRecord): TaskRecord =
            if (values == null) {
                record
            } else {
                val decode = { value: Any? -> values.decode(record.name, value as String?) }
                val histories = HistoryCopies({ _, value -> decode(value) }, { it })
                record.copy(
                    result = decode(record.result),
                    revertResult = decode(record.revertResult),
                    history = record.history?.let { histories.of(record.name, it) },
                )
            }

        private fun restored(failure: Throwable) = RestoredFailure(FailureDescription.of(failure))

        private class Run(
            val createdAt: Long,
        ) {
            /** The owner of the run; null if it has none. */
            val owner = AtomicReference<Any?>()

            @Volatile
            var atoms = ConcurrentHashMap<String, TaskRecord>()

            @Volatile
            var outline: String? = null

            @Volatile
            var state = WorkflowState.PENDING

            @Volatile
            var inputs: Map<String, Any?> = emptyMap()

            @Volatile
            var changedAt = createdAt

            @Volatile
            var isOfCall = false

            val hasEnded: Boolean get() = state == WorkflowState.SUCCESS || state == WorkflowState.REVERTED

            val isNew: Boolean get() = outline == null && atoms.isEmpty()

            fun summary(id: String): RunSummary {
                val workflow = outline?.let { Outline.nameIn(it) }
                return RunSummary(
                    id,
                    workflow,
                    state,
                    owner.get() != null,
                    Instant.ofEpochMilli(createdAt),
                    Instant.ofEpochMilli(changedAt),
                    isOfCall,
                )
            }

            fun snapshot(id: String) =
                RunSnapshot(summary(id), outline?.let(WorkflowStructure.Companion::read), atoms.values.map(TaskRecord::snapshot))

            fun copy() =
                Run(createdAt).also {
                    it.changedAt = changedAt
                    it.isOfCall = isOfCall
                    it.atoms.putAll(atoms)
                    it.outline = outline
                    it.state = state
                    it.inputs = inputs
                }
        }

        @OptIn(RepriseSpi::class)
        private inner class Journal(
            private val id: String,
            private val run: Run,
            private val owner: Any,
            override val tasks: Collection<TaskRecord>,
            override var inputs: Map<String, Any?>,
        ) : RunJournal {
            private val histories = HistoryCopies({ atom, value -> values?.encode(atom, value) }, ::restored)
            override val outline: String? get() = run.outline
            override val state: WorkflowState get() = run.state
            private var isChanged = false

            override suspend fun start(
                outline: String,
                inputs: Map<String, Any?>,
                isOfCall: Boolean,
            ) {
                checkOwner()
                run.isOfCall = run.isOfCall || isOfCall
                run.inputs = if (values == null) inputs else inputs.mapValues { (name, it) -> values.encodeInput(name, it) }
                run.outline = outline
                this.inputs = inputs
                // One table of the right size: growing to it would cost a large run a fifth of its time.
                if (run.atoms.isEmpty()) run.atoms = ConcurrentHashMap(outline.length / SHORT_LINE)
            }

            override suspend fun save(state: WorkflowState) {
                checkOwner()
                run.state = state
                isChanged = true
            }

            override suspend fun save(records: List<TaskRecord>) {
                checkOwner()
                val kept = if (values == null) records else records.map { encoded(it, histories) }
                kept.forEach { run.atoms[it.name] = it }
                isChanged = true
            }

            /** The clock is read once for all that was saved. */
            override suspend fun flush(isLast: Boolean) {
                checkOwner()
                if (isChanged) run.changedAt = clock.millis()
                isChanged = false
            }

            private fun checkOwner() {
                if (run.owner.get() !== owner) throw RunTakenException(id)
            }

            override fun hasInput(
                name: String,
                value: Any?,
            ): Boolean =
                super.hasInput(name, value) || (values != null && name in run.inputs && values.isEncodedAs(value, run.inputs[name]))

            override suspend fun close() {
                if (isChanged && run.owner.get() === owner) run.changedAt = clock.millis()
                // A deleted run stays owned: an engine that found it before must not use it.
                val isForgotten = run.isNew && run.owner.get() === owner && runs.remove(id, run)
                if (!isForgotten) run.owner.compareAndSet(owner, null)
            }
        }

        private companion object {
            /** Characters of the outline for an atom with a short name. */
            const val SHORT_LINE = 16
        }
    }
