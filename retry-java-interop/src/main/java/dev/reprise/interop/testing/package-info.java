/**
 * Virtual time for tests; needs {@code kotlinx-coroutines-test} on the class path.
 *
 * <p><b>Stable:</b> semantic versioning.
 */
@NullMarked
package dev.reprise.interop.testing;

import org.jspecify.annotations.NullMarked;
