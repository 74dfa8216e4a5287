package dev.reprise.queue

import kotlinx.coroutines.Job
import java.util.concurrent.ConcurrentHashMap
import kotlin.coroutines.cancellation.CancellationException

/** Why an attempt is cut from outside. */
internal enum class CutReason { CANCELLED, LEASE_LOST, SHUTDOWN, TIMEOUT }

/** One attempt that is being made. */
internal class RunningCall(
    val call: Call,
) {
    @Volatile
    var cutBy: CutReason? = null
        private set

    @Volatile
    private var job: Job? = null

    fun start(job: Job) {
        this.job = job
        cutBy?.let { job.cancel(CutException(it)) }
    }

    /** Cuts the attempt; the first reason counts. */
    @Synchronized
    fun cut(reason: CutReason) {
        if (cutBy == null) cutBy = reason
        job?.cancel(CutException(reason))
    }

    private class CutException(
        reason: CutReason,
    ) : CancellationException("the attempt is cut: $reason")
}

/** The attempts that are being made in this process, by the id of their call. */
internal class RunningCalls {
    private val running = ConcurrentHashMap<String, RunningCall>()

    fun add(call: Call): RunningCall = RunningCall(call).also { running[call.cid] = it }

    fun remove(one: RunningCall) {
        running.remove(one.call.cid, one)
    }

    fun cut(
        cid: String,
        reason: CutReason,
    ) {
        running[cid]?.cut(reason)
    }

    fun cutAll(reason: CutReason) {
        running.values.forEach { it.cut(reason) }
    }
}
