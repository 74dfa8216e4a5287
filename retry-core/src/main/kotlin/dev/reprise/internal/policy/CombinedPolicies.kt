package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.plusWait
import dev.reprise.policy.Rethrow
import kotlin.random.Random

/** The two ways to join policies; [PackedDecision] explains why they are max and min. */
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

/** A policy of two parts. A setting of the whole run comes from the stricter part, or from the left one. */
internal sealed class CombinedPolicy(
    val left: PolicyLogic,
    val right: PolicyLogic,
    val word: String,
) : PolicyLogic() {
    override val attemptTimeoutNanos: Long get() = minOf(left.attemptTimeoutNanos, right.attemptTimeoutNanos)
    override val rethrow: Rethrow get() = left.rethrow
    override val returnsLast: Boolean get() = left.returnsLast
    override val judgesResults: Boolean get() = left.judgesResults || right.judgesResults
    override val hasDeadline: Boolean get() = left.hasDeadline || right.hasDeadline
    override val code: List<String> get() = left.code + right.code

    /** True if this policy has a rule about results, but [part] has none. If neither part has one, an outer policy has rejected the result. */
    protected fun takesAnyResult(part: PolicyLogic): Boolean = judgesResults && !part.judgesResults

    override fun equals(other: Any?): Boolean = other is CombinedPolicy && word == other.word && left == other.left && right == other.right

    override fun hashCode(): Int = (left.hashCode() * 31 + right.hashCode()) * 31 + word.hashCode()

    override fun toString(): String {
        // The notation is read from the left: brackets are needed only on the right, to distinguish `A and (B and C)` from `(A and B) and
        // C`.
        val first = if (left is CombinedPolicy && left.word == word) "$left".removeSurrounding("(", ")") else "$left"
        return "($first $word $right)"
    }
}

internal class JoinedPolicy(
    val join: Join,
    left: PolicyLogic,
    right: PolicyLogic,
) : CombinedPolicy(left, right, join.word) {
    private class State(
        val left: PolicyState?,
        val right: PolicyState?,
    ) : PolicyState() {
        override var replacement: Throwable? = null
            private set
        var leftStopped = false
            private set
        var rightStopped = false
            private set

        fun remember(
            first: Long,
            second: Long,
            joined: Long,
        ) {
            leftStopped = PackedDecision.isStop(first)
            rightStopped = PackedDecision.isStop(second)
            replacement = left?.replacement.takeIf { joined == first } ?: right?.replacement.takeIf { joined == second }
        }

        override fun save(numbers: MutableList<Long>) {
            numbers += listOf(leftStopped.asNumber(), rightStopped.asNumber())
            left?.save(numbers)
            right?.save(numbers)
        }

        override fun load(numbers: Iterator<Long>) {
            leftStopped = numbers.next() != 0L
            rightStopped = numbers.next() != 0L
            left?.load(numbers)
            right?.load(numbers)
        }
    }

    override val initialDelayNanos: Long get() = join(left.initialDelayNanos, right.initialDelayNanos)
    override val needsEnd: Boolean get() = if (join == Join.And) left.needsEnd && right.needsEnd else left.needsEnd || right.needsEnd

    /** `and` stops at the smaller limit, `or` at the larger one that the hint exceeds. */
    override fun judgedBy(
        judge: Judge,
        returnsLast: Boolean,
    ): PolicyLogic = JoinedPolicy(join, left.judgedBy(judge, returnsLast), right.judgedBy(judge, returnsLast))

    override fun longestHint(refused: Long): Long {
        val limits = listOf(left.longestHint(refused), right.longestHint(refused)).filter { it < refused }
        return (if (join == Join.And) limits.minOrNull() else limits.maxOrNull()) ?: LONGEST_WAIT
    }

    override fun newState(): PolicyState? {
        val states = State(left.newState(), right.newState())
        val hasToRemember = join == Join.Or && hasDeadline
        return states.takeIf { hasToRemember || it.left != null || it.right != null }
    }

    override fun deadlineNanos(
        state: PolicyState?,
        elapsed: Long,
        cancels: Boolean,
    ): Long {
        state as State?
        val first = left.deadlineNanos(state?.left, elapsed, cancels)
        val second = right.deadlineNanos(state?.right, elapsed, cancels)
        return when {
            join == Join.And -> minOf(first, second)

            // If only one part continued, its deadline applies.
            state != null && state.leftStopped != state.rightStopped -> if (state.leftStopped) second else first

            else -> maxOf(first, second)
        }
    }

    override fun verdict(
        number: Int,
        elapsed: Long,
        failure: Throwable?,
        result: Any?,
        state: PolicyState?,
        random: Random,
    ): Long {
        state as State?

        fun ofLeft() =
            if (leaves(left, failure)) PackedDecision.ACCEPTED else left.verdict(number, elapsed, failure, result, state?.left, random)

        fun ofRight() =
            if (leaves(right, failure)) PackedDecision.ACCEPTED else right.verdict(number, elapsed, failure, result, state?.right, random)

        // The part with a rule about results decides first: a part of `and` must not use a delay for an element that the other accepts.
        val isRightFirst = failure == null && !left.judgesResults
        val early = if (isRightFirst) ofRight() else ofLeft()
        if (early == PackedDecision.ACCEPTED && join == Join.And) return early
        val late = if (isRightFirst) ofLeft() else ofRight()
        val joined = join(early, late)
        if (isRightFirst) state?.remember(late, early, joined) else state?.remember(early, late, joined)
        if (join == Join.Or || PackedDecision.isStop(joined)) return joined
        // The delay of one part can reach the deadline of the other.
        return if (isOver(state, elapsed plusWait joined)) PackedDecision.DEADLINE else joined
    }

    /**
     * True if there is a result and [part], which has no rule about results, would continue because of it: in `or` this must not count. In
     * `and` such a part decides about delay and end, and leaves the decision about the result to the other part.
     */
    private fun leaves(
        part: PolicyLogic,
        failure: Throwable?,
    ): Boolean = join == Join.Or && failure == null && takesAnyResult(part)
}

/** [left] until a limit ends it, then [right] with its own count and its own clock. */
internal class ThenPolicy(
    left: PolicyLogic,
    right: PolicyLogic,
) : CombinedPolicy(left, right, "then") {
    private class State(
        val left: PolicyState?,
        private val newRight: () -> PolicyState?,
    ) : PolicyState() {
        var inRight = false
        var right: PolicyState? = null
        var attemptsBefore = 0
        var elapsedBefore = 0L
        override val replacement: Throwable? get() = if (inRight) right?.replacement else left?.replacement

        fun goRight() {
            inRight = true
            right = newRight()
        }

        override fun save(numbers: MutableList<Long>) {
            numbers += listOf(inRight.asNumber(), attemptsBefore.toLong(), elapsedBefore)
            if (inRight) right?.save(numbers) else left?.save(numbers)
        }

        override fun load(numbers: Iterator<Long>) {
            if (numbers.next() != 0L) goRight()
            attemptsBefore = numbers.next().toInt()
            elapsedBefore = numbers.next()
            if (inRight) right?.load(numbers) else left?.load(numbers)
        }
    }

    override val initialDelayNanos: Long get() = left.initialDelayNanos
    override val needsEnd: Boolean get() = left.needsEnd || right.needsEnd

    override fun judgedBy(
        judge: Judge,
        returnsLast: Boolean,
    ): PolicyLogic = ThenPolicy(left.judgedBy(judge, returnsLast), right.judgedBy(judge, returnsLast))

    /** A limit of the left part is not the end of the run. */
    override fun longestHint(refused: Long): Long = right.longestHint(refused)

    override fun newState(): PolicyState = State(left.newState(), right::newState)

    override fun deadlineNanos(
        state: PolicyState?,
        elapsed: Long,
        cancels: Boolean,
    ): Long {
        // A plain run has no state before its first failure.
        state as State?
        if (state?.inRight == true) {
            return state.elapsedBefore plusWait right.deadlineNanos(state.right, elapsed - state.elapsedBefore, cancels)
        }
        if (!left.isOver(state?.left, elapsed)) return left.deadlineNanos(state?.left, elapsed, cancels)
        // The left part has not decided, but its time is over: this is the first attempt of the right part.
        return elapsed plusWait right.deadlineNanos(null, cancels = cancels)
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
            if (failure == null && takesAnyResult(left)) return PackedDecision.ACCEPTED
            val verdict = left.verdict(number, elapsed, failure, result, state.left, random)
            if (!PackedDecision.isLimit(verdict)) return verdict
            state.goRight()
            state.attemptsBefore = number - 1
            state.elapsedBefore = elapsed
        }
        // Only the rules of the current part apply: without a rule about results it accepts every result.
        if (failure == null && takesAnyResult(right)) return PackedDecision.ACCEPTED
        return right.verdict(number - state.attemptsBefore, elapsed - state.elapsedBefore, failure, result, state.right, random)
    }
}

private fun Boolean.asNumber(): Long = if (this) 1 else 0
