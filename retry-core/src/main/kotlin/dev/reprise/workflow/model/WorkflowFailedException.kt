package dev.reprise.workflow.model

import dev.reprise.internal.util.describe
import dev.reprise.internal.util.isControlFlow
import java.io.Serializable
import java.util.Collections
import java.util.IdentityHashMap

/**
 * What went wrong in a run.
 *
 * It is thrown if several failures ended the run. A single failure is thrown unchanged, with a copy of the report among its suppressed
 * exceptions; a cancellation by which another library leaves its own scope (Arrow's `raise`) without one. An exception that ends several runs carries one report, that of the last of them.
 */
public class WorkflowFailedException private constructor(
    @Volatile private var facts: Facts,
) : RuntimeException(null, null, true, false) {
    internal constructor(
        workflow: String,
        state: WorkflowState,
        stoppedBy: Map<String, Throwable>,
        failures: Map<String, Throwable>,
        revertFailures: Map<String, Throwable>,
        notReverted: List<String>,
    ) : this(Facts(workflow, state, stoppedBy, failures, revertFailures, notReverted))

    /** The name of the workflow. */
    public val workflow: String get() = facts.workflow

    /** `REVERTED` or `FAILURE`. */
    public val state: WorkflowState get() = facts.state

    /** What stopped a run that ends as `FAILURE`, by atom: failed reverts, a controller or a decider that threw, a missing value. */
    public val stoppedBy: Map<String, Throwable> get() = facts.stoppedBy

    /** What execute threw, by atom. Failures of earlier attempts are not among them: those are in the histories. */
    public val failures: Map<String, Throwable> get() = facts.failures

    /** What reverts threw, by atom: it is unknown what they reverted. */
    public val revertFailures: Map<String, Throwable> get() = facts.revertFailures

    /** The atoms that succeeded and were not reverted. */
    public val notReverted: List<String> get() = facts.notReverted

    /** All failures, each once; what stopped the run comes first. */
    public val causes: List<Throwable>
        get() {
            // By identity: an exception of the user can have an equals of its own, which can throw.
            val seen = Collections.newSetFromMap(IdentityHashMap<Throwable, Boolean>())
            return (stoppedBy.values + failures.values + revertFailures.values).filter(seen::add)
        }

    /** All of it in one line. */
    override val message: String
        get() =
            listOf(
                "$workflow ended as $state",
                described("stopped by ", stoppedBy),
                described("failed: ", failures),
                described("not reverted because its revert failed: ", revertFailures),
                if (notReverted.isEmpty()) "" else "not reverted: ${shortened(notReverted)}",
            ).filter { it.isNotEmpty() }.joinToString("; ")

    /** The failure that the caller gets. */
    internal fun thrown(): Throwable {
        val causes = causes
        val single = causes.singleOrNull()
        if (single == null || single === this) return also { causes.forEach(::attach) }
        if (!single.isControlFlow()) attachTo(single)
        return single
    }

    private fun attach(failure: Throwable) {
        if (failure !== this && suppressed.none { it === failure }) addSuppressed(failure)
    }

    /** Fills the report that is there: an exception that is thrown again and again must not grow. */
    private fun attachTo(failure: Throwable) {
        synchronized(failure) {
            val own = failure.suppressed.firstNotNullOfOrNull { it as? WorkflowFailedException }
            if (own == null) failure.addSuppressed(WorkflowFailedException(facts)) else own.facts = facts
        }
    }

    private fun described(
        what: String,
        failures: Map<String, Throwable>,
    ) = if (failures.isEmpty()) "" else what + shortened(failures.map { (atom, failure) -> "$atom (${failure.describe()})" })

    private fun shortened(items: List<String>) = items.joinToString(limit = MOST_NAMED)

    private class Facts(
        val workflow: String,
        val state: WorkflowState,
        val stoppedBy: Map<String, Throwable>,
        val failures: Map<String, Throwable>,
        val revertFailures: Map<String, Throwable>,
        val notReverted: List<String>,
    ) : Serializable {
        private companion object {
            private const val serialVersionUID = 1L
        }
    }

    private companion object {
        const val MOST_NAMED = 20
    }
}
