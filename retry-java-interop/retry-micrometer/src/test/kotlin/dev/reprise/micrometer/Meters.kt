package dev.reprise.micrometer

import io.micrometer.core.instrument.Meter
import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.Statistic
import io.micrometer.core.instrument.Timer
import java.util.concurrent.TimeUnit

/** All meters as lines like `reprise.runs{policy=prices} 2 in 60s`, sorted. */
internal fun MeterRegistry.lines(): List<String> = meters.map { "${nameOf(it.id)} ${valueOf(it)}" }.sorted()

private fun nameOf(id: Meter.Id) = id.name + if (id.tags.isEmpty()) "" else id.tags.joinToString(",", "{", "}") { "${it.key}=${it.value}" }

private fun valueOf(meter: Meter): String {
    if (meter is Timer) return "${meter.count()} in ${meter.totalTime(TimeUnit.SECONDS).toLong()}s"
    val values = meter.measure().filter { it.statistic != Statistic.MAX }
    return values.joinToString(" of ") { "${it.value.toLong()}" }
}
