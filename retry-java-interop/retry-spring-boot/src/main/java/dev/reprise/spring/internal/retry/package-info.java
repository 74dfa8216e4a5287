/** Policies by name and {@code @RetryWith} on beans; no part of the API. */
@NullMarked
package dev.reprise.spring.internal.retry;

import org.jspecify.annotations.NullMarked;
