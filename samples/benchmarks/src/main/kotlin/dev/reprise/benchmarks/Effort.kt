package dev.reprise.benchmarks

import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** How long the measurements take. A round measures everything once, so that a slow minute of the machine affects all contenders alike. */
enum class Effort(
    val rounds: Int,
    val warmUps: Int,
    val iterations: Int,
    val iteration: Duration,
    val wait: Duration,
) {
    /** Below five minutes. */
    Quick(rounds = 1, warmUps = 8, iterations = 4, iteration = 120.milliseconds, wait = 6.seconds),

    /** Below forty. */
    Full(rounds = 3, warmUps = 6, iterations = 6, iteration = 300.milliseconds, wait = 10.seconds),
}
