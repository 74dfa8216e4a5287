package dev.reprise.workflow

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean

/** Turns results into a stored form and back. */
public interface ResultCodec {
    /** The stored form of [value]. May throw if it has none. */
    public fun encode(value: Any?): String

    /** The value of the stored form [text]. May throw if it no longer has one. */
    public fun decode(text: String): Any?
}

/**
 * Keeps runs as long as this object lives: for workflows that need no second process, and for tests of resumption.
 *
 * With a [codec], task results go through it both ways as they would in a database, so that a test sees what a database would do to them.
 * Without one (the default) the objects themselves are kept.
 */
public class InMemoryWorkflowStore(
    private val codec: ResultCodec? = null,
) : WorkflowStore {
    private val runs = ConcurrentHashMap<String, Run>()

    override suspend fun open(run: String): RunJournal {
        val stored = runs.computeIfAbsent(run) { Run() }
        if (!stored.taken.compareAndSet(false, true)) throw RunTakenException(run)
        return try {
            Journal(stored, stored.atoms.values.map(::decoded))
        } catch (e: UnreadableResultException) {
            stored.taken.set(false)
            throw e
        }
    }

    /** A copy that nobody has taken, as it would be found if the process died now. */
    public fun copy(): InMemoryWorkflowStore =
        InMemoryWorkflowStore(codec).also { copy -> runs.forEach { (name, run) -> copy.runs[name] = run.copy() } }

    private fun encoded(record: AtomRecord): AtomRecord =
        try {
            if (codec == null || record.result == null) record else record.copy(result = codec.encode(record.result))
        } catch (e: Exception) {
            throw UnstorableResultException(record.name, e)
        }

    private fun decoded(record: AtomRecord): AtomRecord =
        try {
            if (codec == null || record.result == null) record else record.copy(result = codec.decode(record.result as String))
        } catch (e: Exception) {
            throw UnreadableResultException(record.name, e)
        }

    private class Run {
        val taken = AtomicBoolean()

        @Volatile
        var atoms = ConcurrentHashMap<String, AtomRecord>()

        @Volatile
        var outline: String? = null

        @Volatile
        var state = WorkflowState.PENDING

        @Volatile
        var inputs: Map<String, Any?> = emptyMap()

        fun copy() =
            Run().also {
                it.atoms.putAll(atoms)
                it.outline = outline
                it.state = state
                it.inputs = inputs
            }
    }

    private inner class Journal(
        private val run: Run,
        override val atoms: Collection<AtomRecord>,
    ) : RunJournal {
        override val outline: String? get() = run.outline
        override val state: WorkflowState get() = run.state
        override val inputs: Map<String, Any?> get() = run.inputs

        override suspend fun begin(
            outline: String,
            inputs: Map<String, Any?>,
        ) {
            run.outline = outline
            run.inputs = inputs
            // One table of the right size: growing to it would cost a large run a fifth of its time.
            if (run.atoms.isEmpty()) run.atoms = ConcurrentHashMap(outline.length / SHORT_LINE)
        }

        override suspend fun save(state: WorkflowState) {
            run.state = state
        }

        override suspend fun save(records: List<AtomRecord>) {
            if (codec == null) records.forEach { run.atoms[it.name] = it } else records.map(::encoded).forEach { run.atoms[it.name] = it }
        }

        override suspend fun close() = run.taken.set(false)
    }

    private companion object {
        /** Characters of the outline for an atom with a short name. */
        const val SHORT_LINE = 16
    }
}
