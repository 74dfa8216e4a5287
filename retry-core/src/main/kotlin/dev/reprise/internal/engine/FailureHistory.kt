package dev.reprise.internal.engine

/**
 * How the attempts of a run ended, as far as it is kept: the first failure, the last few, and the last result if the last attempt ended
 * with one. Immutable.
 */
internal class FailureHistory private constructor(
    val first: Throwable?,
    val recent: List<Throwable>,
    val last: Throwable?,
    val lastResult: Any?,
    val isResultClosed: Boolean = false,
) {
    /** True if the last attempt ended with a result that was rejected. */
    val endedWithResult: Boolean get() = last == null && this !== EMPTY

    fun plus(failure: Throwable): FailureHistory {
        val kept = if (recent.size < KEPT) recent else recent.subList(1, KEPT)
        return FailureHistory(
            first ?: failure,
            ArrayList<Throwable>(kept.size + 1).apply {
                addAll(kept)
                add(failure)
            },
            failure,
            null,
        )
    }

    fun plusResult(result: Any?): FailureHistory = FailureHistory(first, recent, null, result)

    fun closed(): FailureHistory = FailureHistory(first, recent, last, lastResult, isResultClosed = true)

    companion object {
        /** How many of the last failures are kept. */
        const val KEPT: Int = 5

        val EMPTY: FailureHistory = FailureHistory(null, emptyList(), null, null)
    }
}
