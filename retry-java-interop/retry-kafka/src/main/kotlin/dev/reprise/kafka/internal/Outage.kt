package dev.reprise.kafka.internal

import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Reports that the store is down, once for each time, and how long to wait before the next try. */
internal class Outage(
    private val group: String,
) {
    private var delay = Duration.ZERO

    /** The store failed with [failure]. Returns the delay before the next try. */
    fun failed(failure: Throwable): Duration {
        if (delay == Duration.ZERO) {
            log.log(System.Logger.Level.WARNING, "group=$group the store is down; its partitions wait until it is back", failure)
        }
        delay = (delay * 2).coerceIn(SHORTEST, LONGEST)
        return delay
    }

    /** The store has responded. */
    fun ended() {
        if (delay > Duration.ZERO) log.log(System.Logger.Level.INFO, "group=$group the store is back; consuming continues")
        delay = Duration.ZERO
    }

    private companion object {
        val SHORTEST = 200.milliseconds
        val LONGEST = 5.seconds
    }
}

internal val log: System.Logger = System.getLogger("dev.reprise.kafka")
