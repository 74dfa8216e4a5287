package dev.reprise

import dev.reprise.internal.policy.ScheduleSpec
import dev.reprise.policy.RepriseSpi

/**
 * A schedule for the failures of one rule: `on<Throttled>(schedule = { exponential(1.seconds) })`, in Java
 * `on(Throttled.class, schedule().exponential(Duration.ofSeconds(1)))`.
 */
@OptIn(RepriseSpi::class)
public class ScheduleBuilder internal constructor() : ScheduleOptions<ScheduleBuilder>(ScheduleSpec()) {
    public companion object {
        /** Returns a new, empty schedule. */
        @JvmStatic
        public fun schedule(): ScheduleBuilder = ScheduleBuilder()
    }
}
