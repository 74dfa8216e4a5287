package dev.reprise.internal.queue.worker

import dev.reprise.queue.event.CancelCause
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.Job
import java.util.concurrent.ConcurrentHashMap
import kotlin.coroutines.cancellation.CancellationException

/** An attempt that is running. */
internal class RunningCall(
    val call: StoredCall,
) {
    @Volatile
    var cancelledBy: CancelCause? = null
        private set

    @Volatile
    private var job: Job? = null

    fun start(job: Job) {
        this.job = job
        cancelledBy?.let { job.cancel(AttemptCancelledException(it)) }
    }

    /** Cancels the attempt; the first cause counts. */
    @Synchronized
    fun cancel(cause: CancelCause) {
        if (cancelledBy == null) cancelledBy = cause
        job?.cancel(AttemptCancelledException(cause))
    }

    private class AttemptCancelledException(
        cause: CancelCause,
    ) : CancellationException("the attempt is cancelled: $cause")
}

/** The attempts that are running in this process, by the id of their call. */
internal class RunningCalls {
    private val running = ConcurrentHashMap<String, RunningCall>()

    /** The calls to be cancelled that had not started when that was requested. */
    private val requested = ConcurrentHashMap.newKeySet<String>()

    fun add(call: StoredCall): RunningCall = RunningCall(call).also { running[call.cid] = it }

    fun remove(one: RunningCall) {
        running.remove(one.call.cid, one)
    }

    /** Cancels the attempt at the call [cid], or lets it not start. */
    fun cancelRequested(cid: String) {
        running[cid]?.cancel(CancelCause.REQUESTED) ?: requested.add(cid)
    }

    /** True if the call [cid] is to be cancelled instead of started. */
    fun isCancelRequested(cid: String): Boolean = cid in requested

    /** The call [cid] is settled. */
    fun forget(cid: String) {
        requested -= cid
    }

    /** How many there are. */
    val count: Int get() = running.size

    fun cancelAll(cause: CancelCause) {
        running.values.forEach { it.cancel(cause) }
    }
}
