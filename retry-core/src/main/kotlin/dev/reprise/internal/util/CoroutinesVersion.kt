package dev.reprise.internal.util

import kotlinx.coroutines.CoroutineScope

/**
 * Frameworks decide which kotlinx-coroutines is at run time. An older one than we need fails somewhere inside of a run, with a
 * `NoSuchMethodError`: this says it where a retry, a queue or an engine is created.
 */
internal object CoroutinesVersion {
    private const val RESOURCE = "/META-INF/kotlinx_coroutines_core.version"
    private val OLDEST = listOf(1, 8, 1)

    private val problem: String? =
        problemOf(CoroutineScope::class.java.getResourceAsStream(RESOURCE)?.use { it.readBytes().decodeToString() })

    fun requireSupported() {
        if (problem != null) throw IllegalStateException(problem)
    }

    /** Null if [found] is new enough, or is not known: who repackages libraries often leaves this resource out. */
    fun problemOf(found: String?): String? {
        val numbers =
            found
                ?.trim()
                ?.substringBefore('-')
                ?.split('.')
                ?.map { it.toIntOrNull() ?: return null } ?: return null
        val isOlder = OLDEST.zip(numbers).firstOrNull { (oldest, number) -> oldest != number }?.let { (oldest, number) -> number < oldest }
        if (isOlder != true) return null
        return "kotlinx-coroutines $found found, ${OLDEST.joinToString(
            ".",
        )} or newer needed: declare kotlinx-coroutines-core-jvm in such " +
            "a version, or set it where your framework manages it (kotlin-coroutines.version in Spring Boot)"
    }
}
