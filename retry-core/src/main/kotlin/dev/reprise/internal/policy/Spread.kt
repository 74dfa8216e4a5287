package dev.reprise.internal.policy

import dev.reprise.internal.util.plusWait
import dev.reprise.policy.Jitter
import kotlin.random.Random

/** How delays are spread. A value; all arithmetic is in nanoseconds and saturates. */
internal sealed interface Spread {
    /** A delay drawn around [computed]: not negative, and not above [ceiling], which [computed] does not exceed. */
    fun draw(
        computed: Long,
        ceiling: Long,
        random: Random,
    ): Long
}

/** Spreads below the computed delay; [Jitter.DECORRELATED] is drawn by the [Schedule], which remembers the previous delay. */
internal data class KindSpread(
    val kind: Jitter,
) : Spread {
    override fun draw(
        computed: Long,
        ceiling: Long,
        random: Random,
    ): Long = kind.spread(computed, random)
}

/** Adds or removes up to [factor] times the computed delay. */
internal data class FactorSpread(
    val factor: Double,
) : Spread {
    // Above 2^53 a Double rounds, perhaps upwards: no more is removed than there is.
    override fun draw(
        computed: Long,
        ceiling: Long,
        random: Random,
    ): Long = around(computed, minOf((computed * factor).toLong(), computed), ceiling, random)
}

/** Adds or removes up to [range] nanoseconds. */
internal data class RangeSpread(
    val range: Long,
) : Spread {
    override fun draw(
        computed: Long,
        ceiling: Long,
        random: Random,
    ): Long = around(computed, range, ceiling, random)
}

/** Draws from [min] to the computed delay. */
internal data class FloorSpread(
    val min: Long,
) : Spread {
    override fun draw(
        computed: Long,
        ceiling: Long,
        random: Random,
    ): Long = random.nextLong(min, computed + 1)
}

private fun around(
    computed: Long,
    range: Long,
    ceiling: Long,
    random: Random,
): Long = random.nextLong(maxOf(computed - range, 0), minOf(computed plusWait range, ceiling) + 1)
