package dev.reprise.policy

/** Marks the scopes of the DSL, so that an inner block does not silently change an outer one. */
@DslMarker
public annotation class RetryDsl
