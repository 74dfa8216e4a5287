package dev.reprise.policy

/** Marks types that only extensions of Reprise implement or use. New members can be added to them in a minor release. */
@RequiresOptIn("Only extensions of Reprise implement or use this type; a minor release can add members to it.")
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS)
public annotation class RepriseSpi
