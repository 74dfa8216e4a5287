package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.newCall
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.accepted
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import kotlin.time.Duration.Companion.milliseconds
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
})
