package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.Job
import java.util.concurrent.ConcurrentHashMap
import kotlin.coroutines.cancellation.CancellationException

/** Why an attempt is cut from outside. */
internal enum class CancelCause { CANCELLED, LEASE_LOST, SHUTDOWN, TIMEOUT }

/** One attempt that is being made. */
internal class RunningCall(
    val call: StoredCall,
) {
    @Volatile
    var cutBy: CancelCause? = null
        private set

    @Volatile
    private var job: Job? = null

    fun start(job: Job) {
        this.job = job
        cutBy?.let { job.cancel(CutException(it)) }
    }

    /** Cuts the attempt; the first reason counts. */
    @Synchronized
    fun cut(reason: CancelCause) {
        if (cutBy == null) cutBy = reason
        job?.cancel(CutException(reason))
    }

    private class CutException(
        reason: CancelCause,
    ) : CancellationException("the attempt is cut: $reason")
}

/** The attempts that are being made in this process, by the id of their call. */
internal class RunningCalls {
    private val running = ConcurrentHashMap<String, RunningCall>()

    fun add(call: StoredCall): RunningCall = RunningCall(call).also { running[call.cid] = it }

    fun remove(one: RunningCall) {
        running.remove(one.call.cid, one)
    }

    fun cut(
        cid: String,
        reason: CancelCause,
    ) {
        running[cid]?.cut(reason)
    }

    fun cutAll(reason: CancelCause) {
        running.values.forEach { it.cut(reason) }
    }
}
