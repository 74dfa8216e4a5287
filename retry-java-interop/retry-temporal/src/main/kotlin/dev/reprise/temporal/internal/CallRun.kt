package dev.reprise.temporal.internal

import dev.reprise.queue.HostedCalls
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallState
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import io.temporal.failure.ActivityFailure
import io.temporal.failure.ApplicationFailure
import io.temporal.failure.CanceledFailure
import io.temporal.workflow.CancellationScope
import io.temporal.workflow.Workflow
import java.time.Duration

/**
 * The life of one call. Everything that is decided by a policy, by the registered handlers or by chance is recorded as a side effect, so that
 * a newer version of the program continues a run as the older one left it.
 */
internal class CallRun(
    private val hosted: HostedCalls,
    heartbeatTimeout: Duration,
) : CallWorkflow {
    private val attempts = CallAttempts(hosted, heartbeatTimeout)
    private val errors = ArrayList<ErrorRecord>()
    private lateinit var call: StoredCall
    private var endings = 0

    /** What this run has added to its history, in attempts. */
    private var turns = 0

    /** How often in a row no attempt could be made in the process that looked. */
    private var problems = 0

    private var isMyTurn = false
    private var isCancelled = false
    private var running: CancellationScope? = null
    private val changes = ArrayDeque<(StoredCall) -> StoredCall>()

    private val now: Long get() = Workflow.currentTimeMillis()

    override fun run(call: CallRecord): CallRecord {
        accept(call)
        val scope = Workflow.newCancellationScope(Runnable { makeAttempts() })
        running = scope
        if (isCancelled) scope.cancel()
        try {
            scope.run()
        } catch (_: CanceledFailure) {
            this.call = cancelled()
        }
        // What follows the end is done also if the workflow itself was cancelled.
        Workflow.newDetachedCancellationScope { CallEnding(hosted, this.call, errors, ++endings).run() }.run()
        return ended()
    }

    private fun accept(record: CallRecord) {
        call =
            if (record.state == null) hosted.accepted(record.toNewCall(), now, isHeld = record.orderKey != null) else record.toStoredCall()
        errors += record.errors
        record.firstFailure?.let { errors += it.at(now) }
        endings = record.endings
    }

    private fun makeAttempts() {
        awaitTurn()
        while (!call.state.isEnd) {
            awaitDue()
            makeAttempt()
            if (++turns >= MOST_TURNS && !call.state.isEnd) continueAsNew()
        }
    }

    /** The process that enqueued the call also got it in line; if it died in between, that is done here. */
    private fun awaitTurn() {
        if (call.state != CallState.HELD) return
        if (!Workflow.await(JOINED_AFTER) { isMyTurn }) {
            attempts.join(checkNotNull(call.request.orderKey), call.cid)
            Workflow.await { isMyTurn }
        }
        call = call.toBuilder().apply { state = CallState.READY }.build()
    }

    private fun awaitDue() {
        while (true) {
            applyChanges()
            val wait = call.dueAt - now
            if (wait <= 0) return
            Workflow.await(Duration.ofMillis(wait)) { changes.isNotEmpty() }
        }
    }

    private fun applyChanges() {
        while (changes.isNotEmpty()) call = changes.removeFirst()(call)
    }

    private fun makeAttempt() {
        val claimed = hosted.claimed(call, OWNER, now)
        val start = attempts.start(claimed)
        val ends = start.ends?.toSettlement(claimed)
        when {
            ends != null -> apply(ends)
            start.problem != null -> postpone()
            else -> apply(attempt(claimed, start))
        }
    }

    /** No process that serves this workflow can make the attempt: another one may, when it is there. */
    private fun postpone() {
        val pause = minOf(SHORTEST_PAUSE.toMillis() shl minOf(problems++, LARGEST_SHIFT), LONGEST_PAUSE.toMillis())
        call = call.toBuilder().apply { dueAt = now + pause }.build()
    }

    private fun attempt(
        claimed: StoredCall,
        start: StartRecord,
    ): Settlement {
        problems = 0
        call = claimed
        try {
            return attempts.make(claimed, start)
        } catch (e: ActivityFailure) {
            if (e.cause is CanceledFailure) throw e.cause as CanceledFailure
            // The handler failed after it was cancelled: cancelled it is.
            if (CancellationScope.current().isCancelRequested) throw CanceledFailure("the call was cancelled")
            // A policy that came meanwhile decides already.
            applyChanges()
            return attempts.decide(call, e.cause)
        }
    }

    private fun apply(settlement: Settlement) {
        settlement.error?.let(::keep)
        call = hosted.applied(settlement, now)
    }

    private fun keep(error: AttemptError) {
        if (errors.size >= MOST_ERRORS) errors.removeAt(1)
        errors += error.toRecord().at(now)
    }

    private fun cancelled(): StoredCall =
        call
            .toBuilder()
            .apply {
                state = CallState.CANCELLED
                endedAt = now
                claim = null
            }.build()

    private fun ended(): CallRecord {
        val record = call()
        if (call.state != CallState.DEAD) return record
        val last = errors.lastOrNull()?.let { ": ${it.type}: ${it.message.take(LONGEST_TEXT)}" }.orEmpty()
        throw ApplicationFailure.newNonRetryableFailure("the call died (${call.deadReason})$last", DEAD, record)
    }

    private fun continueAsNew() {
        applyChanges()
        if (CancellationScope.current().isCancelRequested) throw CanceledFailure("the call was cancelled")
        Workflow.continueAsNew(call())
    }

    override fun cancel() {
        isCancelled = true
        running?.cancel()
    }

    override fun retryNow(): Unit = change { it.toBuilder().apply { dueAt = minOf(dueAt, now) }.build() }

    override fun reschedule(dueAt: Long): Unit =
        change { call -> call.toBuilder().apply { this.dueAt = minOf(dueAt, call.request.deadline ?: dueAt) }.build() }

    override fun policy(notation: String): Unit = change { attempts.withPolicy(it, notation) }

    private fun change(change: (StoredCall) -> StoredCall) {
        changes += change
    }

    override fun turn() {
        isMyTurn = true
    }

    override fun look(): Unit = Unit

    override fun call(): CallRecord = call.toRecord(errors.toList(), endings)

    companion object {
        /** The server warns at 10,240 events; an attempt that is retried has about 13. */
        const val MOST_TURNS = 500
        const val MOST_ERRORS = 100
        private const val LONGEST_TEXT = 500
        private val JOINED_AFTER = Duration.ofSeconds(10)
        private val SHORTEST_PAUSE = Duration.ofSeconds(1)
        private val LONGEST_PAUSE = Duration.ofMinutes(5)
        private const val LARGEST_SHIFT = 10
    }
}
