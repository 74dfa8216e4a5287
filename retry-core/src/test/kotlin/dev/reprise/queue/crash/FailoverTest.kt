package dev.reprise.queue.crash

import dev.reprise.internal.jdbc.ReplicatedPostgres
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** How long primaries are killed; without `-Dsoak.minutes`, once. */
private val soak = System.getProperty("soak.minutes")?.toInt()?.minutes

/** With what is left at the end. Kotest limits an invocation to ten minutes by itself. */
private val longest = (soak ?: Duration.ZERO) + 5.minutes

private const val MOST_ROUNDS = 20

class FailoverTest : FunSpec({
    val seed = Random.nextInt()

    test("nothing that was acknowledged is lost when the primary is killed and its standby takes over")
        .config(timeout = longest, invocationTimeout = longest) {
            val place = tempdir().toPath()
            val since = TimeSource.Monotonic.markNow()
            ReplicatedPostgres(place).use { servers ->
                FailoverRun(servers, place, seed).use { run ->
                    run.start(workers = 4)
                    var rounds = 0
                    do {
                        if (rounds % 3 == 1) run.holdUp()
                        run.failOver(isRepeated = soak != null, isPlanned = rounds % 3 == 2)
                        rounds++
                    } while (soak != null && rounds < MOST_ROUNDS && since.elapsedNow() < soak)
                    val found = run.drain()
                    println(
                        "seed $seed: $rounds failovers in ${since.elapsedNow()}, producers blocked for ${run.longestBlock} from the promotion: $found",
                    )
                    found.faults.shouldBeEmpty()
                    found.lost shouldBe 0
                    found.doubleCompletions shouldBe 0
                    found.takeovers shouldBeGreaterThanOrEqual rounds
                    run.longestBlock shouldBeLessThan 15.seconds
                }
            }
        }

    test("a standby that is not synchronous takes over without calls that were acknowledged, and the checker finds that") {
        val place = tempdir().toPath()
        ReplicatedPostgres(place, isSynchronous = false).use { servers ->
            FailoverRun(servers, place, seed).use { run ->
                run.start(workers = 1)
                run.failOverBehind()
                val found = run.drain()
                println("seed $seed, asynchronous: $found")
                found.lost shouldBeGreaterThan 0
            }
        }
    }
})
