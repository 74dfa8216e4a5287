package dev.reprise.internal.policy

/** What one run remembers for its policy. Mutable, owned by that run alone. */
internal abstract class PolicyState {
    /** The failure that a tester put in the place of the one it was shown, if it ended the run so. */
    abstract val replacement: Throwable?

    /** Adds the numbers to [numbers] from which [load] makes this state again. */
    abstract fun save(numbers: MutableList<Long>)

    /** Takes the numbers that [save] gave, in their order. */
    abstract fun load(numbers: Iterator<Long>)
}
