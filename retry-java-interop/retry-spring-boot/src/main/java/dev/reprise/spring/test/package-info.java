/**
 * Tests of durable calls in virtual time.
 *
 * <p>Preview: can change in a minor release, with a line in the changelog.
 */
@NullMarked
package dev.reprise.spring.test;

import org.jspecify.annotations.NullMarked;
