/** What differs on Spring Boot 3; no part of the API. */
@NullMarked
package dev.reprise.spring.boot3;

import org.jspecify.annotations.NullMarked;
