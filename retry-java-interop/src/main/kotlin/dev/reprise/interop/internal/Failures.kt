@file:JvmName("Failures")

package dev.reprise.interop.internal

/** Throws any failure unchanged, whatever a Java signature declares; the type lets Java code write `throw`. */
internal fun raise(failure: Throwable): RuntimeException = throw failure
