package dev.reprise

import dev.reprise.internal.engine.FlowLoop
import kotlinx.coroutines.flow.Flow

/**
 * Collects this flow again when it fails, as [retry] says; each collection of the answer is a run of its own.
 *
 * Elements that were emitted before a failure stay emitted. A failure of the collector downstream is passed on, never retried. An
 * element that an `onResult` rule rejects is not emitted: it ends the attempt. `attemptTimeout` and `maxDuration` include the time the
 * collector takes; a cut lets it finish the element it has.
 */
public fun <T> Flow<T>.retry(retry: Retry): Flow<T> = FlowLoop.of(this, retry.config)
