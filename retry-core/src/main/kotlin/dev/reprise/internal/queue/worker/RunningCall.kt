package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.Job
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

/** Why an attempt is cancelled from outside. */
internal enum class CancelCause {
    /** A user or an operator cancelled its call. */
    REQUESTED,

    /** The lease of its worker is over. */
    LEASE_LOST,

    /** The queue shuts down. */
    SHUTDOWN,

    /** Its time is over. */
    DEADLINE,
}
