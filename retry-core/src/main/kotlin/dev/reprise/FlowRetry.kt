package dev.reprise

import dev.reprise.internal.engine.FlowLoop
import kotlinx.coroutines.flow.Flow

/**
 * Collects this flow again when it fails, by the rules of [retry]; each collection of the result is a run.
 *
 * Elements that were emitted before a failure stay emitted. A failure of the collector downstream is passed on, never retried; a collector
 * that finishes early, like `first()` and `take(n)`, ends the run as a success. An element that an `onResult` rule rejects is not emitted:
 * it ends the attempt. `attemptTimeout` and `maxDuration` include the time the collector takes; when they cancel an attempt, the collector
 * finishes its element.
 *
 * With [startOverAfterElement] a failure after an element starts a new count: attempts, delays and the time of the run start
 * over. This is for feeds, which break from time to time for as long as they run.
 */
public fun <T> Flow<T>.retry(
    retry: Retry,
    startOverAfterElement: Boolean = false,
): Flow<T> = FlowLoop.of(this, retry.config, startOverAfterElement)
