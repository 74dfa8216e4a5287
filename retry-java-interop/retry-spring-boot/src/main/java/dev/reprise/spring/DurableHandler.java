package dev.reprise.spring;

import dev.reprise.queue.RetryQueueBuilder;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Handles the durable calls of one name with a method of a bean.
 *
 * <pre>{@code
 * @DurableHandler(value = "charge", lane = "payments")
 * Receipt charge(Order order, CallContext context) {
 *     return gateway.charge(order, context.getCid()); // the same id at every attempt
 * }
 * }</pre>
 *
 * <p>The parameters are the request and, if it is needed, the {@code CallContext}. Request and
 * response are stored as JSON, unless there is a bean of type {@code Target} with this name, whose
 * codecs are used then. A method that blocks runs on threads for handlers; one that returns a
 * {@code CompletionStage} and a Kotlin {@code suspend} method need no thread while they wait. A
 * call can be attempted again after an attempt that had effects.
 *
 * <p>It needs {@code reprise.queue.enabled=true}; the start fails if two handlers have one name.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
public @interface DurableHandler {
    /** {@return the name of the handler; 1 to 200 characters} */
    String value();

    /** {@return the lane, whose concurrency is {@code reprise.queue.lanes.NAME.concurrency}} */
    String lane() default RetryQueueBuilder.DEFAULT_LANE;

    /** {@return the version of the code, which is recorded with every attempt; default: 1} */
    int version() default RetryQueueBuilder.DEFAULT_VERSION;

    /**
     * {@return how many of its calls run at a time in this process; default: what the lane allows}
     */
    int concurrency() default RetryQueueBuilder.UNLIMITED;
}
