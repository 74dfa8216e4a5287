/**
 * Reprise for Java: retries of blocking calls and of futures, {@code java.time.Duration}
 * throughout.
 *
 * <p>Start at {@link dev.reprise.interop.RetryRunner}; {@link dev.reprise.interop.RetryWith} does
 * the same as an annotation, {@link dev.reprise.interop.testing.VirtualTime} is for tests.
 *
 * <p><b>Stable:</b> semantic versioning; what is removed was deprecated for at least one minor
 * release.
 */
@NullMarked
package dev.reprise.interop;

import org.jspecify.annotations.NullMarked;
