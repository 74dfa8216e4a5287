/**
 * Durable calls for Java: a call that is enqueued runs at least once, on any worker with a handler
 * of that name, across crashes and restarts.
 *
 * <p>Start at {@link dev.reprise.interop.queue.QueueRunner}.
 *
 * <p><b>Preview:</b> can change in a minor release, with a line in the changelog.
 */
@NullMarked
package dev.reprise.interop.queue;

import org.jspecify.annotations.NullMarked;
