package dev.reprise.interop.internal

import java.util.random.RandomGenerator
import kotlin.random.Random

/** A Java generator as a Kotlin one. */
internal class GeneratorRandom(
    private val generator: RandomGenerator,
) : Random() {
    override fun nextBits(bitCount: Int): Int =
        (generator.nextInt() ushr (Int.SIZE_BITS - bitCount)) and (-bitCount shr (Int.SIZE_BITS - 1))

    override fun nextLong(): Long = generator.nextLong()
}
