package dev.reprise.micrometer

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean

/** The values of the tag [tag]: the first [MOST], then `other` for all further ones, with one warning. */
internal class TagValues(
    private val tag: String,
) {
    private val known = ConcurrentHashMap.newKeySet<String>()
    private val isWarned = AtomicBoolean()

    fun of(name: String?): String {
        val value = name ?: NONE
        if (value in known) return value
        // A few more than that, if threads come at the same time, do no harm.
        if (known.size < MOST) return value.also(known::add)
        if (isWarned.compareAndSet(false, true)) warn(value)
        return OTHER
    }

    private fun warn(value: String) {
        val text = "more than $MOST values of the tag '$tag': '$value' and all further ones are counted as '$OTHER'"
        try {
            System.getLogger("dev.reprise.micrometer").log(System.Logger.Level.WARNING, text)
        } catch (_: Throwable) {
            // What the logging library of the application throws must not change what is counted.
        }
    }

    private companion object {
        const val MOST = 100
        const val OTHER = "other"
        const val NONE = "none"
    }
}
