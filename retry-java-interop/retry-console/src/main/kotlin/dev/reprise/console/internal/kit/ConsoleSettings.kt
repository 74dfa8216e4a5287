package dev.reprise.console.internal.kit

import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.console.model.Payloads
import dev.reprise.console.model.Stage
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.operate.Actor
import dev.reprise.run.RetryBudget
import dev.reprise.workflow.spi.WorkflowStore
import java.time.InstantSource

/** The settings of a console. */
internal class ConsoleSettings(
    val queue: RetryQueue,
    val workflows: WorkflowStore?,
    /** The queues of other engines by their names. */
    val hosted: Map<String, CallQueue>,
    /** The budgets of this process by their names. */
    val budgets: Map<String, RetryBudget>,
    val title: String,
    val stage: Stage,
    val access: ((ConsoleRequest) -> Access)?,
    val payloads: Payloads,
    val redact: (handler: String, text: String) -> String,
    val clock: InstantSource,
    /** What the audit says that visitors act through. */
    val via: Actor.Via,
)
