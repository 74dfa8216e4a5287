package dev.reprise.spring;

import dev.reprise.queue.RetryQueueBuilder;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Handles the outcomes of calls that name this callback with a method of a bean. Its parameters are
 * the {@code CallOutcome} and, if it is needed, the {@code CallContext}; it returns nothing.
 *
 * <p>A callback is a durable call itself: it is retried until it succeeds or its policy gives up.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
public @interface DurableCallback {
    /** {@return the name of the callback; 1 to 200 characters} */
    String value();

    /** {@return the lane, whose concurrency is {@code reprise.queue.lanes.NAME.concurrency}} */
    String lane() default RetryQueueBuilder.DEFAULT_LANE;
}
