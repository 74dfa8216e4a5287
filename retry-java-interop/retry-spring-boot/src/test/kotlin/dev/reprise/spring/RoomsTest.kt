package dev.reprise.spring

import dev.reprise.rooms.faults
import dev.reprise.rooms.mainSources
import dev.reprise.rooms.oversized
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.Test

private const val SPRING = "dev.reprise.spring"
private val below =
    listOf(
        "",
        ".policy",
        ".run",
        ".interop",
        ".interop.function",
        ".interop.queue",
        ".interop.testing",
        ".interop.workflow",
        ".console",
        ".console.model",
        ".micrometer",
        ".queue",
        ".queue.event",
        ".queue.model",
        ".queue.spi",
        ".workflow",
        ".workflow.model",
        ".workflow.spi",
    ).map { "dev.reprise$it" }

/** The rooms of this module, and which of the others each may use; of the core and the facade only what is public. */
private val allowedArrows =
    below.associateWith { emptySet<String>() } +
        mapOf(
            SPRING to below.toSet(),
            "$SPRING.test" to below.toSet() + SPRING + "$SPRING.internal" + "$SPRING.internal.handlers",
            "$SPRING.internal" to below.toSet() + SPRING + listOf("setup", "retry", "handlers").map { "$SPRING.internal.$it" },
            "$SPRING.internal.console" to below.toSet() + "$SPRING.internal" + "$SPRING.internal.setup",
            "$SPRING.internal.metrics" to below.toSet() + "$SPRING.internal",
            "$SPRING.internal.setup" to emptySet(),
            "$SPRING.internal.retry" to below.toSet() + "$SPRING.internal.setup",
            "$SPRING.internal.handlers" to below.toSet() + SPRING + "$SPRING.internal.setup",
        )

class RoomsTest {
    private val sources = mainSources("src/main/java")

    @Test
    fun `the packages depend on each other one way only, and on nothing internal`() {
        assertThat(sources).isNotEmpty
        assertThat(faults(sources, allowedArrows)).isEmpty()
    }

    @Test
    fun `no room has more than 25 files, no file more than 300 lines`() {
        assertThat(oversized(sources)).isEmpty()
    }
}
