package dev.reprise.policy

/** Marks the scopes of the DSL, so that an inner block does not change an outer one by accident. */
@DslMarker
public annotation class RetryDsl
