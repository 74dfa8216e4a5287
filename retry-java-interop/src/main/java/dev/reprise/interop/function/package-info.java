/** What Java code passes in or implements: functions that can throw checked exceptions. */
@NullMarked
package dev.reprise.interop.function;

import org.jspecify.annotations.NullMarked;
