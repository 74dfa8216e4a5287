package dev.reprise.interop.internal

/** Throws any failure unchanged, whatever a Java signature declares; the type lets Java code write `throw`. */
internal object Failures {
    @JvmStatic
    fun raise(failure: Throwable): RuntimeException = throw failure
}
