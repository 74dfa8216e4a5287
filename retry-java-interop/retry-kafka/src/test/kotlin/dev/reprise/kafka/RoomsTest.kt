package dev.reprise.kafka

import dev.reprise.rooms.faults
import dev.reprise.rooms.hidden
import dev.reprise.rooms.mainSources
import dev.reprise.rooms.oversized
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty

private const val CORE = "dev.reprise"

/** The module uses the public packages of the core, and none of its internals. */
private val core = listOf("", ".policy", ".run", ".queue", ".queue.model").map { CORE + it }.toSet()

private val allowedArrows =
    core.associateWith { emptySet<String>() } +
        mapOf(
            "$CORE.internal" to emptySet(),
            "$CORE.kafka" to core + "$CORE.kafka.internal",
            "$CORE.kafka.internal" to core,
            "$CORE.kafka.spring" to core + setOf("", ".internal", ".internal.spring").map { "$CORE.kafka$it" },
            "$CORE.kafka.internal.spring" to core + "$CORE.kafka.internal",
        )

class RoomsTest : FunSpec({
    test("the module uses no internal of the core, its door lists what is public, and its files are short") {
        val sources = mainSources("src/main/kotlin")
        sources.shouldNotBeEmpty()
        faults(sources, allowedArrows).shouldBeEmpty()
        oversized(sources).shouldBeEmpty()
        hidden(sources).shouldBeEmpty()
    }
})
