/**
 * Reprise in Spring Boot: policies by name, {@code @RetryWith} on beans, durable calls with
 * handlers as beans. It comes with {@code retry-spring-boot3-starter} or {@code
 * retry-spring-boot4-starter}.
 *
 * <p>Preview: can change in a minor release, with a line in the changelog.
 */
@NullMarked
package dev.reprise.spring;

import org.jspecify.annotations.NullMarked;
