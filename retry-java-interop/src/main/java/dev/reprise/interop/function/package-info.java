/** What Java code passes in or implements: functional interfaces whose methods can throw. */
@NullMarked
package dev.reprise.interop.function;

import org.jspecify.annotations.NullMarked;
