package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.ZatoRetryFields
import dev.reprise.internal.queue.events.CallLog
import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.internal.queue.operate.PulseCounter
import dev.reprise.internal.queue.queueLog
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.PayloadException
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.launch
import java.util.concurrent.atomic.AtomicLong

/** Writes how claims end, with the callbacks of their calls, and reports it. */
internal class SettlementWriter(
    private val settings: QueueSettings,
    private val access: StoreAccess,
    private val settlements: Settlements,
    private val endings: CompletionWaiters,
    private val events: QueueEvents,
    private val pulses: PulseCounter?,
) {
    private val batcher = SettlementBatcher(access, ::reportStale)

    /** What is said about failures. */
    val log = CallLog(settings.workerName) { ZatoRetryFields.of(settings.policies.find(it)).repeats }

    /** Settlements that came too late: another worker had the call by then. */
    val stale = AtomicLong()

    /** Where results are written that the store has rejected once. */
    @Volatile
    var rewriting: CoroutineScope? = null

    suspend fun run(): Unit = batcher.run()

    /** Ends [run] when everything is written. */
    fun close(): Unit = batcher.close()

    /** See [QueueWorker.settle]. */
    suspend fun write(
        settlement: Settlement,
        now: Long,
        takenFrom: String?,
        onWritten: (SettleResult?) -> Unit,
    ) {
        submit(settlement, now, takenFrom) { result ->
            val again = rewriting?.takeIf { result == null }
            if (again == null) {
                onWritten(result)
            } else {
                again.launch { submit(rejected(settlement, now), now, takenFrom) { onWritten(null) } }
            }
        }
    }

    /** What replaces a settlement that the store rejects: a success without its result, or a failure with a text that it accepts. */
    private fun rejected(
        settlement: Settlement,
        now: Long,
    ): Settlement {
        val failure = PayloadException("the store rejected the result of the call")
        return if (settlement.to == CallState.SUCCEEDED) {
            settlements.returnedUnstorable(settlement.call, failure, settlement.handlerVersion)
        } else {
            settlements.failed(settlement.call, failure, settlement.handlerVersion, now)
        }
    }

    private suspend fun submit(
        settlement: Settlement,
        now: Long,
        takenFrom: String?,
        onWritten: (SettleResult?) -> Unit,
    ) {
        val handler = settings.handlers[settlement.call.handler]
        val kept =
            withStoredCallbacks(settlement).copy(
                // A call that ends without its handler here is dead, and has no expiry.
                retainMillis = settings.endRules.retainMillis(settlement.call) ?: EndRules.DEFAULT_RETAIN_MILLIS,
                keepsPayload = handler?.keepPayload ?: true,
                keepsSucceeded = handler?.keepSucceeded ?: true,
            )
        val earlier = if (kept.to.isEnd) earlierErrors(kept) else emptyList()
        val complete =
            if (kept.to.isEnd &&
                kept.call.request.callbacks
                    .isNotEmpty()
            ) {
                settings.endRules.attach(kept, earlier, now)
            } else {
                kept
            }
        events.settling(complete)
        batcher.submit(complete) {
            if (it == SettleResult.ACCEPTED) {
                pulses?.count(complete, now)
                log.accepted(complete, earlier, now)
            }
            events.settled(complete, it, takenFrom)
            if (it == SettleResult.ACCEPTED && complete.to.isEnd) endings.notifyEnded(complete.call.cid)
            onWritten(it)
        }
    }

    /** The operator who cancels a durable workflow can have changed what follows its end. */
    private suspend fun withStoredCallbacks(settlement: Settlement): Settlement {
        val call = settlement.call
        if (settlement.to != CallState.CANCELLED || !call.request.isWorkflow) return settlement
        val stored = access.patiently { listOfNotNull(find(call.cid)) }.singleOrNull() ?: return settlement
        return settlement.copy(call = call.copy(request = call.request.copy(callbacks = stored.request.callbacks)))
    }

    /** What failed before this end of a call, where something reports it: callbacks, which have to, or the log. */
    private suspend fun earlierErrors(settlement: Settlement): List<AttemptError> {
        val call = settlement.call
        if (call.counters.failures == 0 && call.counters.crashes == 0) return emptyList()
        if (call.request.callbacks.isNotEmpty()) return access.patiently { errors(call.cid) }
        val isLogged = settlement.to == CallState.DEAD && log.hasRoomForDeath(call.handler)
        return if (isLogged) access.orNull { errors(call.cid) }.orEmpty() else emptyList()
    }

    private fun reportStale(settlement: Settlement) {
        stale.incrementAndGet()
        queueLog.log(System.Logger.Level.DEBUG) {
            "call=${settlement.call.cid} belonged to another claim when it ended as ${settlement.to}; its result is discarded"
        }
    }
}
