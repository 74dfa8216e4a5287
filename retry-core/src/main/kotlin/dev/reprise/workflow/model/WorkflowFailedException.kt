package dev.reprise.workflow.model

/**
 * What went wrong in a run.
 *
 * It is thrown where several failures ended the run. Where it was one, that one is thrown as it is, with the report among its suppressed exceptions.
 */
public class WorkflowFailedException internal constructor(
    /** The name of the workflow. */
    public val workflow: String,
    /** `REVERTED` or `FAILURE`. */
    public val state: WorkflowState,
    /** What stopped a run that ends as `FAILURE`, by atom: failed reverts, a controller or a decider that threw, a value that was not there. */
    public val stoppedBy: Map<String, Throwable>,
    /** What execute threw, by atom. Failures of earlier attempts are not among them: those stand in the histories. */
    public val failures: Map<String, Throwable>,
    /** What reverts threw, by atom: it is unknown what is undone there. */
    public val revertFailures: Map<String, Throwable>,
    /** The atoms that have succeeded and are not undone. */
    public val notReverted: List<String>,
) : RuntimeException(null, null, true, false) {
    /** All failures, once each: what stopped the run comes first. */
    public val causes: List<Throwable> get() = (stoppedBy.values + failures.values + revertFailures.values).distinct()

    /** All of it in one line. */
    override val message: String
        get() =
            listOf(
                "$workflow ended as $state",
                described("stopped by ", stoppedBy),
                described("failed: ", failures),
                described("not undone because its revert failed: ", revertFailures),
                if (notReverted.isEmpty()) "" else "not undone: ${shortened(notReverted)}",
            ).filter { it.isNotEmpty() }.joinToString("; ")

    /** The failure that a caller gets. */
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
