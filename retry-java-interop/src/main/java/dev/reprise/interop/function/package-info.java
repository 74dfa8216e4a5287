/**
 * The functional interfaces of this module: code that may block and may throw checked exceptions.
 */
@NullMarked
package dev.reprise.interop.function;

import org.jspecify.annotations.NullMarked;
