/**
 * Durable calls for Java: what is enqueued is made at least once, by whichever worker has a handler
 * of that name, across crashes and restarts.
 *
 * <p>Start at {@link dev.reprise.interop.queue.QueueRunner}.
 */
@NullMarked
package dev.reprise.interop.queue;

import org.jspecify.annotations.NullMarked;
