package dev.reprise.policy

/** Marks the scopes of the DSL, so that an inner block does not change an outer one by accident. */
@DslMarker
public annotation class RetryDsl

/** Marks types that only extensions of Reprise implement. New members can be added to them in a minor release. */
@RequiresOptIn("Only extensions of Reprise implement this type; a minor release can add members to it.")
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS)
public annotation class RepriseSpi
