package dev.reprise.samples

import dev.reprise.policy.Jitter
import dev.reprise.retry
import dev.reprise.run.RetryListener
import dev.reprise.run.StopSignal
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Places orders, with retries, until [shutdown]. */
class OrderDesk(
    private val orders: Orders,
    shutdown: StopSignal,
    listener: RetryListener,
) {
    private val patiently = retry {
        on<IOException>()
        exponential(200.milliseconds, max = 2.seconds)
        jitter(Jitter.NONE)
        attemptTimeout(1.seconds)
        maxDuration(30.seconds)
        stopWhen(shutdown)
        listener(listener)
    }

    suspend fun place(order: String): String = patiently { orders.place(order) }
}
