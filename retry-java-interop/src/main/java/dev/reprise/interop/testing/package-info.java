/** Virtual time for tests; needs {@code kotlinx-coroutines-test} on the class path. */
@NullMarked
package dev.reprise.interop.testing;

import org.jspecify.annotations.NullMarked;
