package dev.reprise.policy

import kotlin.random.Random

/** The two ways to join policies; see [Verdict] for why they are max and min. */
internal enum class Join(
    val word: String,
    private val pick: (Long, Long) -> Long,
) {
    And("and", ::maxOf),
    Or("or", ::minOf),
    ;

    operator fun invoke(
        a: Long,
        b: Long,
    ): Long = pick(a, b)
}

/** A policy made of two. What is said once for a whole run is taken from the stricter part, or from the left one. */
internal sealed class CombinedPolicy(
    val left: RetryPolicy,
    val right: RetryPolicy,
    val word: String,
) : RetryPolicy() {
    override val initialDelayNanos: Long get() = left.initialDelayNanos
    override val attemptTimeoutNanos: Long get() = minOf(left.attemptTimeoutNanos, right.attemptTimeoutNanos)
    override val rethrow: Rethrow get() = left.rethrow
    override val returnsLast: Boolean get() = left.returnsLast
    override val judgesResults: Boolean get() = left.judgesResults || right.judgesResults
    override val hasDeadline: Boolean get() = left.hasDeadline || right.hasDeadline
    override val code: List<String> get() = left.code + right.code

    override fun equals(other: Any?): Boolean = other is CombinedPolicy && word == other.word && left == other.left && right == other.right

    override fun hashCode(): Int = (left.hashCode() * 31 + right.hashCode()) * 31 + word.hashCode()

    override fun toString(): String = "(${left.bare(word)} $word ${right.bare(word)})"
}

/** The text of a part; a part joined by the same word needs no brackets of its own. */
private fun RetryPolicy.bare(word: String): String {
    val isSameWord = this is CombinedPolicy && this.word == word
    return if (isSameWord) toString().removeSurrounding("(", ")") else toString()
}

internal class JoinedPolicy(
    val join: Join,
    left: RetryPolicy,
    right: RetryPolicy,
) : CombinedPolicy(left, right, join.word) {
    private class State(
        val left: PolicyState?,
        val right: PolicyState?,
    ) : PolicyState() {
        override val replacement: Throwable? get() = left?.replacement ?: right?.replacement
    }

    override fun newState(): PolicyState? {
        val states = State(left.newState(), right.newState())
        return states.takeUnless { it.left == null && it.right == null }
    }

    override fun deadlineNanos(state: PolicyState?): Long {
        val states = state as State?
        val ends = left.deadlineNanos(states?.left) to right.deadlineNanos(states?.right)
        return if (join == Join.And) minOf(ends.first, ends.second) else maxOf(ends.first, ends.second)
    }

    override fun verdict(
        number: Int,
        elapsed: Long,
        failure: Throwable?,
        result: Any?,
        state: PolicyState?,
        random: Random,
    ): Long {
        val states = state as State?
        return join(
            left.verdict(number, elapsed, failure, result, states?.left, random),
            right.verdict(number, elapsed, failure, result, states?.right, random),
        )
    }
}

/** [left] until a limit ends it, then [right] with its own count and its own clock. */
internal class ThenPolicy(
    left: RetryPolicy,
    right: RetryPolicy,
) : CombinedPolicy(left, right, "then") {
    private class State(
        val left: PolicyState?,
    ) : PolicyState() {
        var inRight = false
        var right: PolicyState? = null
        var attemptsBefore = 0
        var elapsedBefore = 0L
        override val replacement: Throwable? get() = left?.replacement ?: right?.replacement
    }

    override fun newState(): PolicyState = State(left.newState())

    override fun deadlineNanos(state: PolicyState?): Long {
        state as State
        return if (state.inRight) state.elapsedBefore plusWait right.deadlineNanos(state.right) else left.deadlineNanos(state.left)
    }

    override fun verdict(
        number: Int,
        elapsed: Long,
        failure: Throwable?,
        result: Any?,
        state: PolicyState?,
        random: Random,
    ): Long {
        state as State
        if (!state.inRight) {
            val verdict = left.verdict(number, elapsed, failure, result, state.left, random)
            if (verdict != Verdict.EXHAUSTED && verdict != Verdict.DEADLINE) return verdict
            state.inRight = true
            state.right = right.newState()
            state.attemptsBefore = number - 1
            state.elapsedBefore = elapsed
        }
        return right.verdict(number - state.attemptsBefore, elapsed - state.elapsedBefore, failure, result, state.right, random)
    }
}
