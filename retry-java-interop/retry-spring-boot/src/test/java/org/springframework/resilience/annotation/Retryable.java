package org.springframework.resilience.annotation;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The annotation of Spring 7, which applications on Spring Boot 3.5 do not have. */
@Retention(RetentionPolicy.RUNTIME)
public @interface Retryable {}
