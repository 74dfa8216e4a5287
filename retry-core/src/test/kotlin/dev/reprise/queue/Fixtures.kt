@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.internal.queue.CorrelationIds
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.LeaseJudgement
import dev.reprise.queue.spi.LeaseSweep
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import java.time.Instant
import java.util.function.LongSupplier

/** A clock that moves only when a test advances it. */
class ManualClock(
    var now: Long = 1_700_000_000_000,
) : CallClock {
    override fun millis(): Long = now
}

/** The target of most calls in these tests. */
val charge: Target<String, String> = target("charge")

/** A store in memory, on the virtual time of a test. */
fun TestScope.memory(): InMemoryCallStore = InMemoryCallStore { currentTime }

const val VALID = 20_000L
const val MARGIN = 5_000L
const val TOLERANCE = 2_000L
const val POLICY = "every(1m) maxAttempts(3)"

fun newCall(
    handler: String = "charge",
    text: String = "42",
    cid: String = CorrelationIds.next(),
    change: NewCall.() -> NewCall = { this },
): NewCall = NewCall(cid, handler, Payload(text.toByteArray(), "text"), POLICY).change()

/** All counters of a call at once. */
val Call.counters: CallCounters get() = CallCounters(claims, attempts, failures, crashes, snoozes)

/** A worker without an engine: it claims and settles by hand. */
class Hand(
    val store: CallStore,
    val nonce: String = "nonce-${CorrelationIds.next()}",
) {
    suspend fun join(): Hand = apply { store.openLease(nonce, "hand", isNamed = false, VALID) }

    /** With a name that a later process can have too. */
    suspend fun join(worker: String): Hand = apply { store.openLease(nonce, worker, isNamed = true, VALID) }

    suspend fun claim(
        vararg handlers: String = arrayOf("charge"),
        limit: Int = 100,
    ): List<StoredCall> = claimed(*handlers, limit = limit).calls

    suspend fun claimed(
        vararg handlers: String = arrayOf("charge"),
        limit: Int = 100,
    ): ClaimResult = store.claim(ClaimRequest(nonce, "default", handlers.associateWith { limit }, limit))

    suspend fun settle(settlement: Settlement): SettleResult = store.settle(listOf(settlement)).single()
}

/** Judges the leases that have been over for [MARGIN], whosever turn it is, by a clock that shows what is expected. */
suspend fun CallStore.judge(expected: Long? = null): LeaseJudgement = sweep(leaseSweep(expected ?: sweep(leaseSweep(null)).now))

/** What a worker named [worker] looks for, in every case. */
fun leaseSweep(
    expected: Long?,
    everyMillis: Long = 0,
    worker: String? = null,
): LeaseSweep =
    LeaseSweep(
        expected?.let {
            LongSupplier { it }
        },
        TOLERANCE,
        MARGIN,
        everyMillis,
        outageMillis = Long.MAX_VALUE,
        pauseMillis = 0,
        worker,
    )

/** A cancellation without callbacks. */
val noCallbacks = EndRules { _, _ -> emptyList() }

fun StoredCall.succeeded(response: String = "ok"): Settlement =
    Settlement(this, CallState.SUCCEEDED, AttemptResult.RETURNED, response = Payload(response.toByteArray(), "text"), handlerVersion = 1)

fun StoredCall.failed(
    delayMillis: Long = 60_000,
    policyState: String? = null,
): Settlement =
    Settlement(
        this,
        CallState.READY,
        AttemptResult.FAILED,
        delayMillis = delayMillis,
        policyState = policyState,
        error = AttemptError(counters.attempts + 1, Instant.EPOCH, "java.io.IOException", "down", claim?.owner),
        handlerVersion = 1,
    )

fun StoredCall.died(reason: DeadReason = DeadReason.EXHAUSTED): Settlement =
    Settlement(
        this,
        CallState.DEAD,
        AttemptResult.FAILED,
        deadReason = reason,
        error = AttemptError(counters.attempts + 1, Instant.EPOCH, "java.io.IOException", "down for good", claim?.owner),
        handlerVersion = 2,
    )

fun StoredCall.released(): Settlement = Settlement(this, CallState.READY, AttemptResult.RELEASED)

fun StoredCall.snoozed(delayMillis: Long): Settlement = Settlement(this, CallState.READY, AttemptResult.SNOOZED, delayMillis = delayMillis)

fun StoredCall.cancelled(): Settlement = Settlement(this, CallState.CANCELLED, AttemptResult.RELEASED)
