package dev.reprise.jfr

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.charge
import dev.reprise.queue.memory
import dev.reprise.retry
import dev.reprise.testing.logLines
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.collections.shouldContainExactly
import jdk.jfr.Recording
import jdk.jfr.consumer.RecordedEvent
import jdk.jfr.consumer.RecordingFile
import kotlinx.coroutines.test.runTest
import java.net.ConnectException
import kotlin.time.Duration.Companion.minutes

/** The events of this library in a recording of [code], in their order. */
private fun recorded(
    file: java.io.File,
    code: () -> Unit,
): List<RecordedEvent> {
    Recording().use { recording ->
        recording.start()
        code()
        recording.stop()
        recording.dump(file.toPath())
    }
    return RecordingFile.readAllEvents(file.toPath()).filter { it.eventType.name.startsWith("dev.reprise.") }.sortedBy { it.startTime }
}

private fun RecordedEvent.line(vararg fields: String) =
    fields.joinToString(" ", prefix = "${eventType.name.removePrefix("dev.reprise.")} ") {
        "${if (eventType.getField(it).getAnnotation(jdk.jfr.Timespan::class.java) == null) getValue<Any?>(it) else getDuration(it)}"
    }

class FlightRecordingTest : FunSpec({
    test("runs, attempts and delays are in a recording") {
        val events =
            recorded(tempfile()) {
                runTest {
                    var attempts = 0
                    retry {
                        name("prices")
                        every(1.minutes).maxAttempts(3)
                        listener(FlightRecording())
                        testing { timeSource(testScheduler.timeSource) }
                    }.invoke { if (attempts++ == 0) throw ConnectException("refused") }
                }
            }
        events.map {
            when (it.eventType.name) {
                "dev.reprise.Attempt" -> it.line("policy", "attempt", "result", "errorType")
                "dev.reprise.Delay" -> it.line("policy", "attempt", "delay")
                else -> it.line("policy", "attempts", "outcome", "elapsed")
            }
        } shouldContainExactly
            listOf(
                "Attempt prices 1 FAILED java.net.ConnectException",
                "Delay prices 1 PT1M",
                "Attempt prices 2 OK null",
                "Run prices 2 SUCCESS PT1M",
            )
        events
            .map { it.getLong("runId") }
            .distinct()
            .size
            .let(::listOf) shouldContainExactly listOf(1)
    }

    test("attempts at durable calls and their ends are in a recording") {
        var attempts = 0
        lateinit var events: List<RecordedEvent>
        logLines("dev.reprise.queue") {
            events =
                recorded(tempfile()) {
                    runTest {
                        val queue =
                            RetryQueue.on(memory()) {
                                handle(charge) { if (attempts++ == 0) throw ConnectException("refused") else "paid" }
                                policy { every(1.minutes).maxAttempts(3) }
                                listener(FlightRecording())
                            }
                        queue.start(backgroundScope)
                        queue.enqueue(charge, "42").awaitEnd()
                    }
                }
        }
        events.map {
            if (it.eventType.name == "dev.reprise.CallAttempt") {
                it.line("handler", "lane", "attempt", "result", "errorType", "elapsed")
            } else {
                it.line("handler", "lane", "state", "deadReason", "attempts", "age")
            }
        } shouldContainExactly
            listOf(
                "CallAttempt charge default 1 FAILED java.net.ConnectException PT0S",
                "CallSettled charge default READY null 1 PT0S",
                "CallAttempt charge default 2 RETURNED null PT0S",
                "CallSettled charge default SUCCEEDED null 2 PT1M",
            )
    }
})
