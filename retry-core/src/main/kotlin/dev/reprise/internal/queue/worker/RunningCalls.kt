package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.StoredCall
import java.util.concurrent.ConcurrentHashMap

/** The attempts that are running in this process, by the id of their call. */
internal class RunningCalls {
    private val running = ConcurrentHashMap<String, RunningCall>()

    fun add(call: StoredCall): RunningCall = RunningCall(call).also { running[call.cid] = it }

    fun remove(one: RunningCall) {
        running.remove(one.call.cid, one)
    }

    fun cancel(
        cid: String,
        cause: CancelCause,
    ) {
        running[cid]?.cancel(cause)
    }

    fun cancelAll(cause: CancelCause) {
        running.values.forEach { it.cancel(cause) }
    }
}
