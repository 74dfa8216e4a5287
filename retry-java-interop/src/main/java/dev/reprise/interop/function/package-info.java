/**
 * What Java code passes in or implements: functional interfaces whose methods can throw.
 *
 * <p><b>Stable:</b> new methods have a default. The interfaces of handlers, tasks and controllers
 * are preview, like the packages that use them.
 */
@NullMarked
package dev.reprise.interop.function;

import org.jspecify.annotations.NullMarked;
