/** How the starters work; no part of the API. */
@NullMarked
package dev.reprise.spring.internal;

import org.jspecify.annotations.NullMarked;
