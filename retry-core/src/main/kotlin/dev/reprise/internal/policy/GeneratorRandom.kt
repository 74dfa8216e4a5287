package dev.reprise.internal.policy

import java.util.random.RandomGenerator
import kotlin.random.Random

/** Draws from a generator of the JDK. */
internal class GeneratorRandom(
    private val generator: RandomGenerator,
) : Random() {
    override fun nextBits(bitCount: Int): Int = if (bitCount == 0) 0 else generator.nextInt() ushr (Int.SIZE_BITS - bitCount)
}
