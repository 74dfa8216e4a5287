package dev.reprise.spring

import io.micrometer.observation.Observation
import io.micrometer.observation.ObservationHandler
import io.micrometer.observation.ObservationRegistry
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.assertThatThrownBy
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Test
import java.io.IOException
import java.util.concurrent.CopyOnWriteArrayList
import java.util.function.Supplier

/** Writes what happens to observations as short lines. */
private class Story : ObservationHandler<Observation.Context> {
    val lines = CopyOnWriteArrayList<String>()

    override fun supportsContext(context: Observation.Context) = true

    override fun onStart(context: Observation.Context) {
        val keys = context.allKeyValues.joinToString(" ") { "${it.key}=${it.value}" }
        lines += "${context.name} $keys" + context.parentObservation?.let { " in ${it.contextView.name}" }.orEmpty()
    }

    override fun onEvent(
        event: Observation.Event,
        context: Observation.Context,
    ) {
        lines += "${event.contextualName} in ${context.name}"
    }

    override fun onStop(context: Observation.Context) {
        lines += "end of ${context.name}" + context.error?.let { ", ${it.javaClass.simpleName}" }.orEmpty()
    }
}

class ObservedBeansTest {
    private val story = Story()
    private val registry = ObservationRegistry.create().also { it.observationConfig().observationHandler(story) }
    private val application =
        Contexts
            .application()
            .withBean(ObservationRegistry::class.java, Supplier { registry })
            .withBean(Prices::class.java, Supplier { Prices() })

    private fun played(code: suspend (Prices) -> Unit) {
        application.run { context -> runBlocking { code(context.getBean(Prices::class.java)) } }
    }

    @AfterEach
    fun nothingIsLeftOnTheThread() {
        assertThat(registry.currentObservation).isNull()
    }

    @Test
    fun `a suspend function has observations of its run and of each attempt after the first`() {
        played { prices -> assertThat(prices.price("book")).isEqualTo("42 EUR") }
        assertThat(story.lines).containsExactly(
            "reprise.run policy=none",
            "retry scheduled in 1ms in reprise.run",
            "reprise.attempt attempt=2 policy=none in reprise.run",
            "end of reprise.attempt, IOException",
            "retry scheduled in 1ms in reprise.run",
            "reprise.attempt attempt=3 policy=none in reprise.run",
            "end of reprise.attempt",
            "end of reprise.run",
        )
    }

    @Test
    fun `what its recover function returns is the end of the run`() {
        played { prices -> assertThat(prices.never("book")).isEqualTo("last known of book after no book") }
        assertThat(story.lines).containsExactly(
            "reprise.run policy=none",
            "retry scheduled in 1ms in reprise.run",
            "reprise.attempt attempt=2 policy=none in reprise.run",
            "end of reprise.attempt, IOException",
            "end of reprise.run",
        )
    }

    @Test
    fun `a flow has a run with each collection`() {
        Observation.createNotStarted("caller", registry).observe {
            played { prices ->
                val changes = prices.changes()
                assertThat(changes.toList()).containsExactly(1, 2)
                story.lines += "again"
                assertThat(changes.take(1).toList()).containsExactly(3)
            }
        }
        assertThat(story.lines).containsExactly(
            "caller ",
            "reprise.run policy=none in caller",
            "retry scheduled in 1ms in caller",
            "reprise.attempt attempt=2 policy=none in reprise.run",
            "end of reprise.attempt",
            "end of reprise.run",
            "again",
            "reprise.run policy=none in caller",
            "end of reprise.run",
            "end of caller",
        )
    }

    @Test
    fun `a failure is the error of the run`() {
        application.withBean(Stock::class.java, Supplier { Stock() }).run { context ->
            val stock = context.getBean(Stock::class.java)
            assertThatThrownBy { runBlocking { stock.count() } }.isInstanceOf(IOException::class.java)
        }
        assertThat(story.lines).containsExactly("reprise.run policy=none", "end of reprise.run, IOException")
    }
}
