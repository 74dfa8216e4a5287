@file:JvmName("TripProgram")

package dev.reprise.samples.trip

import dev.reprise.retry
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.WorkflowListener
import dev.reprise.workflow.model.WorkflowOutcome
import kotlinx.coroutines.runBlocking
import java.net.URI
import java.nio.file.Path
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The exit code of a process that was killed. */
const val KILLED = 137

/**
 * Books a trip, or continues booking it. Arguments: the file of the runs, the server, and, if wanted, the event at which the power fails.
 */
fun main(arguments: Array<String>): Unit =
    runBlocking {
        JdbcWorkflowStore.open(Path.of(arguments[0]), lease = 1.seconds).use { store ->
            val powerCut = WorkflowListener { event -> if (event.toString() == arguments.getOrNull(2)) Runtime.getRuntime().halt(KILLED) }
            book(store, URI(arguments[1]), powerCut)
        }
    }

/** A run belongs to a process that died until its lease expires: that long we retry. */
private suspend fun book(
    store: JdbcWorkflowStore,
    server: URI,
    powerCut: WorkflowListener,
): WorkflowOutcome {
    val engine = WorkflowEngine(store) {
        listener(TripNarrator())
        listener(powerCut)
    }
    val untilItIsFree =
        retry {
            on<RunTakenException>()
            every(100.milliseconds)
            maxDuration(30.seconds)
        }
    return untilItIsFree { engine.execute(tripAt(BookingDesk(server)), Inputs.of(traveller, "Ada"), id = "trip of Ada") }
}
