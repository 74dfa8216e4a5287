package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.newCall
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.accepted
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TestTimeSource

private val urgent = ClaimCursor("charge", 9)
private val usual = ClaimCursor("charge", 5)

private fun claimed(
    priority: Int,
    dueAt: Long,
): StoredCall = newCall { copy(priority = priority) }.accepted(dueAt, 0, isHead = true)

class ClaimCursorsTest : FunSpec({
    test("claims continue where the last one ended, for each priority, and start over every 100 milliseconds") {
        val time = TestTimeSource()
        val places = ClaimCursors(time)
        places.of(listOf(urgent, usual)) shouldContainExactly listOf(0, 0)
        places.learn(listOf(claimed(9, 30), claimed(9, 10), claimed(5, 20)))
        places.of(listOf(urgent, usual)) shouldContainExactly listOf(30, 20)
        places.learn(listOf(claimed(5, 15)))
        time += 99.milliseconds
        places.of(listOf(urgent, usual)) shouldContainExactly listOf(30, 20)
        time += 1.milliseconds
        places.of(listOf(urgent, usual)) shouldContainExactly listOf(0, 0)
    }

    test("where a claim from the beginning is slow, it takes a twentieth of the time at most, and is made once a second at least") {
        val time = TestTimeSource()
        val places = ClaimCursors(time)
        places.startIsCheap shouldBe true
        for ((took, pause) in listOf(1 to 100, 20 to 400, 300 to 1000)) {
            places.of(listOf(usual))
            places.tookFromStart(took.milliseconds)
            places.startIsCheap shouldBe (pause == 100)
            time += 1.seconds
            places.of(listOf(usual)) shouldContainExactly listOf(0)
            places.learn(listOf(claimed(5, 20)))
            time += (pause - 1).milliseconds
            places.of(listOf(usual)) shouldContainExactly listOf(20)
            time += 1.milliseconds
            places.of(listOf(usual)) shouldContainExactly listOf(0)
        }
    }

    test("calls that are ready again with their former due times are found at once") {
        val places = ClaimCursors(TestTimeSource())
        val call = claimed(5, 20)
        places.learn(listOf(call, claimed(9, 30)))
        places.forget(listOf(call))
        places.of(listOf(urgent, usual)) shouldContainExactly listOf(30, 0)
    }
})
