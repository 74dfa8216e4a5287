package dev.reprise.internal.queue.operate

import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.Pulse
import dev.reprise.queue.spi.Settlement
import java.time.Instant

/** Counts the attempts of one worker by handler and minute, until they are written. */
internal class PulseCounter {
    private val pulses = HashMap<Pair<Long, String>, Pulse>()
    private val unwritten = HashSet<Pair<Long, String>>()

    /** Counts the attempt that [settlement] ended about [now]; what is not an attempt is not counted. */
    fun count(
        settlement: Settlement,
        now: Long,
    ) {
        val result = settlement.result
        if (result.attempts == 0) return
        val minute = now - Math.floorMod(now, MINUTE)
        val isFirst = settlement.call.nextAttempt == 1
        val handler = settlement.call.handler
        val error = settlement.error?.type?.takeIf { result.failures > 0 }
        val pulse =
            Pulse(
                Instant.ofEpochMilli(minute),
                handler,
                firstAttempts = if (isFirst) 1 else 0,
                retries = if (isFirst) 0 else 1,
                succeeded = result.attempts - result.failures,
                failed = result.failures,
                died = if (settlement.to == CallState.DEAD) 1 else 0,
                errorTypes = if (error == null) emptyMap() else mapOf(error to 1),
            )
        synchronized(pulses) {
            pulses.merge(minute to handler, pulse, Pulse::plus)
            unwritten += minute to handler
        }
    }

    /** What was counted and is not written, each as the total of its minute. */
    fun changed(): List<Pulse> = synchronized(pulses) { unwritten.map { pulses.getValue(it) } }

    /** [done] is written. The last minute goes on; the others are forgotten, unless they went on meanwhile. */
    fun written(done: List<Pulse>) {
        synchronized(pulses) {
            done.map { it to (it.at.toEpochMilli() to it.handler) }.forEach { (pulse, key) -> if (pulses[key] === pulse) unwritten -= key }
            val last = pulses.keys.maxOf { it.first }
            pulses.keys.removeIf { it.first < last && it !in unwritten }
        }
    }

    private companion object {
        const val MINUTE = 60_000L
    }
}
