package dev.reprise.internal.policy

/** The state of one run for its policy. Mutable, owned by that run. */
internal abstract class PolicyState {
    /** The failure with which a tester ended the run, instead of the one it was called with; otherwise null. */
    abstract val replacement: Throwable?

    /** Appends the numbers from which [load] restores this state to [numbers]. */
    abstract fun save(numbers: MutableList<Long>)

    /** Restores the state from the numbers of [save], in their order. */
    abstract fun load(numbers: Iterator<Long>)
}
