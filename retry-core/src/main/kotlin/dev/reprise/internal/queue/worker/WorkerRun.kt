package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.CurrentCall
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.spi.CallClock
import java.time.Instant
import java.util.concurrent.Callable
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** An attempt at [current] in a worker, which is cancelled when [clock] shows [cancelledAtMillis]; null: never. */
internal class WorkerRun(
    private val current: CurrentCall,
    private val clock: CallClock,
    private val cancelledAtMillis: Long?,
    /** The call, if it is stored. */
    private val claimed: ClaimedCall?,
) : CallContext.Run {
    override val remaining: Duration
        get() = cancelledAtMillis?.let { maxOf(it - clock.millis(), 0).milliseconds } ?: Duration.INFINITE

    override val now: Instant get() = Instant.ofEpochMilli(claimed?.now ?: clock.millis())

    override val isStored: Boolean get() = claimed != null

    override fun <T> runAs(body: Callable<T>): T = current.run { body.call() }
}
