package dev.reprise.console

import dev.reprise.rooms.faults
import dev.reprise.rooms.mainSources
import dev.reprise.rooms.oversized
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty

private const val ROOT = "dev.reprise.console"
private const val INTERNAL = "$ROOT.internal"

/** The rooms of this module, and which of the others each may use. */
private val allowedArrows =
    mapOf(
        ROOT to setOf("$ROOT.model", "$INTERNAL.kit", "$INTERNAL.http"),
        "$ROOT.model" to emptySet(),
        "$ROOT.draw" to setOf("$INTERNAL.html"),
        "$INTERNAL.html" to emptySet(),
        "$INTERNAL.kit" to setOf("$ROOT.model", "$INTERNAL.html"),
        "$INTERNAL.pages" to setOf("$ROOT.model", "$ROOT.draw", "$INTERNAL.html", "$INTERNAL.kit"),
        "$INTERNAL.api" to setOf("$ROOT.model", "$INTERNAL.kit", "$INTERNAL.pages"),
        "$INTERNAL.http" to setOf("$ROOT.model", "$INTERNAL.html", "$INTERNAL.kit", "$INTERNAL.pages", "$INTERNAL.api"),
        "$ROOT.cli" to setOf(ROOT, "$ROOT.model", "$ROOT.draw", "$INTERNAL.kit"),
    )

class RoomsTest : FunSpec({
    test("the packages of this module depend on each other one way only, and are small") {
        val sources = mainSources("src/main/kotlin")

        faults(sources, allowedArrows).shouldBeEmpty()
        oversized(sources).shouldBeEmpty()
    }
})
