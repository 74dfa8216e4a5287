package dev.reprise

import dev.reprise.policy.RetryDsl
import dev.reprise.run.RetryTimer
import dev.reprise.run.asTimeSource
import kotlin.random.Random
import kotlin.random.asKotlinRandom
import kotlin.time.TimeSource

/** The settings that only tests need: randomness and time. */
@RetryDsl
public class TestOptions internal constructor() {
    internal var usedRandom: Random = Random.Default
        private set
    internal var usedTimeSource: TimeSource = TimeSource.Monotonic
        private set
    internal var usedTimer: RetryTimer = RetryTimer.system
        private set

    /** Draws jitter from [random], which all runs share; a generator that is not thread-safe serves one run at a time. */
    public fun random(random: Random): TestOptions = apply { usedRandom = random }

    /** Draws jitter from [random], which all runs share; a generator that is not thread-safe serves one run at a time. */
    public fun random(random: java.util.Random): TestOptions = random(random.asKotlinRandom())

    /** Draws jitter from a generator with this [seed]: the same seed gives the same delays. */
    public fun random(seed: Long): TestOptions = random(Random(seed))

    /**
     * Measures elapsed time with [timeSource]. Default: the monotonic clock of the system. A test under `runTest` sets
     * `timeSource(testTimeSource)`; its delays need no setting, they use the virtual time of the coroutine.
     */
    public fun timeSource(timeSource: TimeSource): TestOptions = apply { usedTimeSource = timeSource }

    /** Waits with [timer] in blocking runs and in runs of futures. Default: real time. */
    public fun timer(timer: RetryTimer): TestOptions = apply { usedTimer = timer }

    /** Waits with [timer] and measures elapsed time with its clock: `time(virtualTime)`. */
    public fun time(timer: RetryTimer): TestOptions = timer(timer).timeSource(timer.asTimeSource())
}
