/** What differs on Spring Boot 4; no part of the API. */
@NullMarked
package dev.reprise.spring.boot4;

import org.jspecify.annotations.NullMarked;
