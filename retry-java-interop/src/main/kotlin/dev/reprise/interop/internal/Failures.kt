package dev.reprise.interop.internal

/** Throws any failure unchanged, whatever a Java signature declares; the type lets Java code write `throw`. */
internal object Failures {
    @JvmStatic
    fun raise(failure: Throwable): RuntimeException = throw failure
}

/** The first [E] among this failure and its causes. A chain of causes can be a circle. */
internal inline fun <reified E : Throwable> Throwable.firstCause(): E? =
    generateSequence(this) { it.cause }.take(LONGEST_CHAIN).firstNotNullOfOrNull { it as? E }

internal const val LONGEST_CHAIN: Int = 8
