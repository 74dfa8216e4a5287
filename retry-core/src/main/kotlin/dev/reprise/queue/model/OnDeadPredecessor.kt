package dev.reprise.queue.model

/** What happens to the calls behind one that died, in the same order. */
public enum class OnDeadPredecessor {
    /** They wait until it is replayed with success, or discarded. */
    Block,

    /** The next one runs. */
    Skip,
}
