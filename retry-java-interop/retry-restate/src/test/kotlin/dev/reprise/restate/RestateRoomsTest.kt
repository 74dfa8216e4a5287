package dev.reprise.restate

import dev.reprise.rooms.faults
import dev.reprise.rooms.mainSources
import dev.reprise.rooms.oversized
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty

private const val CORE = "dev.reprise"

/** The module uses the public packages of the core, and none of its internals. */
private val allowedArrows =
    listOf("", ".policy", ".queue", ".queue.event", ".queue.model", ".queue.spi")
        .map { CORE + it }
        .let { core ->
            core.associateWith { emptySet<String>() } +
                mapOf(
                    "$CORE.internal" to emptySet(),
                    "$CORE.restate" to core.toSet() + "$CORE.restate.internal",
                    "$CORE.restate.internal" to core.toSet(),
                )
        }

class RestateRoomsTest : FunSpec({
    test("the module uses no internal of the core, and its files are short") {
        val sources = mainSources("src/main/kotlin")
        sources.shouldNotBeEmpty()
        faults(sources, allowedArrows).shouldBeEmpty()
        oversized(sources).shouldBeEmpty()
    }
})
