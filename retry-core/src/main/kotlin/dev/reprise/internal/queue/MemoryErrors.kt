package dev.reprise.internal.queue

import dev.reprise.queue.model.AttemptError

/** The first failure of a call and the last ones. */
internal class MemoryErrors {
    private var first: AttemptError? = null
    private val last = ArrayDeque<AttemptError>()

    fun add(error: AttemptError) {
        if (first == null) {
            first = error
        } else {
            last.removeLastOrNull()?.let { last += it.copy(trace = null) }
            if (last.size == KEPT - 1) last.removeFirst()
            last += error
        }
    }

    fun all(): List<AttemptError> = listOfNotNull(first) + last

    private companion object {
        const val KEPT = 100
    }
}
