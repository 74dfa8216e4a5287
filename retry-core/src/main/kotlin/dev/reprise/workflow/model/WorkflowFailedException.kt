package dev.reprise.workflow.model

/**
 * What went wrong in a run.
 *
 * It is thrown if several failures ended the run. A single failure is thrown unchanged, with the report among its suppressed exceptions.
 */
public class WorkflowFailedException internal constructor(
    /** The name of the workflow. */
    public val workflow: String,
    /** `REVERTED` or `FAILURE`. */
    public val state: WorkflowState,
    /** What stopped a run that ends as `FAILURE`, by atom: failed reverts, a controller or a decider that threw, a missing value. */
    public val stoppedBy: Map<String, Throwable>,
    /** What execute threw, by atom. Failures of earlier attempts are not among them: those are in the histories. */
    public val failures: Map<String, Throwable>,
    /** What reverts threw, by atom: it is unknown what they reverted. */
    public val revertFailures: Map<String, Throwable>,
    /** The atoms that succeeded and were not reverted. */
    public val notReverted: List<String>,
) : RuntimeException(null, null, true, false) {
    /** All failures, each once; what stopped the run comes first. */
    public val causes: List<Throwable> get() = (stoppedBy.values + failures.values + revertFailures.values).distinct()

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
        val thrown = single ?: this
        (if (single == null) causes else listOf(this)).forEach { if (it !== thrown && it !in thrown.suppressed) thrown.addSuppressed(it) }
        return thrown
    }

    private fun described(
        what: String,
        failures: Map<String, Throwable>,
    ) = if (failures.isEmpty()) "" else what + shortened(failures.map { (atom, failure) -> "$atom ($failure)" })

    private fun shortened(items: List<String>) = items.joinToString(limit = MOST_NAMED)

    private companion object {
        const val MOST_NAMED = 20
    }
}
