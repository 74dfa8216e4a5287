/** Metrics and observations of the application; no part of the API. */
@NullMarked
package dev.reprise.spring.internal.metrics;

import org.jspecify.annotations.NullMarked;
