package dev.reprise.internal.queue.operate

import dev.reprise.queue.operate.Pulse
import dev.reprise.queue.spi.PULSE_KEPT_MILLIS
import java.util.TreeMap

/** The pulses of a store in memory, which has one worker or a few. Not thread-safe. */
internal class MemoryPulses {
    private val pulses = TreeMap<Long, MutableMap<Pair<String, String>, Pulse>>()

    fun put(
        worker: String,
        added: List<Pulse>,
        now: Long,
    ) {
        pulses.headMap(now - PULSE_KEPT_MILLIS).clear()
        for (pulse in added) pulses.getOrPut(pulse.at.toEpochMilli()) { HashMap() }[pulse.handler to worker] = pulse
    }

    fun between(
        from: Long,
        to: Long,
    ): List<Pulse> {
        val first = from - Math.floorMod(from, MINUTE)
        if (first >= to) return emptyList()
        return pulses.subMap(first, to).values.flatMap { minute ->
            minute.values
                .groupBy { it.handler }
                .toSortedMap()
                .values
                .map { it.reduce(Pulse::plus) }
        }
    }

    private companion object {
        const val MINUTE = 60_000L
    }
}

/** The sum of two pulses of one handler and minute; the 20 most frequent classes of failures are kept. */
internal operator fun Pulse.plus(other: Pulse): Pulse {
    val errors = HashMap(errorTypes).apply { other.errorTypes.forEach { (type, count) -> merge(type, count, Int::plus) } }
    return Pulse(
        at,
        handler,
        firstAttempts + other.firstAttempts,
        retries + other.retries,
        succeeded + other.succeeded,
        failed + other.failed,
        died + other.died,
        errors.entries
            .sortedWith(compareBy({ -it.value }, { it.key }))
            .take(20)
            .associate { it.key to it.value },
    )
}
